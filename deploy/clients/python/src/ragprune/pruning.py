"""What the adapters of the frameworks share: one request for a list of texts, and
what is done when it fails.

An adapter gives back for every document its text pruned, its score, and in its
metadata:

    relevance_score    the score, 0 to 1
    retriever_score    the score that the framework had, if any
    ragprune_kept      the places in the text as it was, [[start, end], ...]
    ragprune_degraded  why a cheaper way was taken, if it was
    ragprune_failed    why the document is the original, if the request failed
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ragprune.client import AsyncClient, Client
from ragprune.errors import RagpruneError
from ragprune.types import Answer, Document, PruneOptions, Result

log = logging.getLogger("ragprune")

RELEVANCE_SCORE = "relevance_score"
RETRIEVER_SCORE = "retriever_score"
KEPT = "ragprune_kept"
DEGRADED = "ragprune_degraded"
FAILED = "ragprune_failed"

METADATA = (RELEVANCE_SCORE, RETRIEVER_SCORE, KEPT, DEGRADED, FAILED)
"""The keys above."""

OnError = Literal["original", "raise"]
"""What becomes of a RagpruneError: the documents come back as they were, with
FAILED in their metadata and a warning in the log, or it is raised."""


@dataclass(frozen=True)
class Pruned:
    """One document of the answer."""

    index: int
    """The place of the document that was given."""
    text: str | None
    """None if the document is to stay as it was."""
    score: float | None
    metadata: Mapping[str, Any]
    """What is to be added to that of the document."""


@dataclass(frozen=True)
class Pruning:
    """How an adapter prunes."""

    url: str
    key: str | None
    timeout: float
    options: PruneOptions
    html: bool
    """The texts are HTML."""
    drop_empty: bool
    """Documents of which nothing is kept are left out."""
    on_error: OnError

    def prune(self, query: str, texts: Sequence[str | None], scores: Sequence[float | None]) -> list[Pruned]:
        """The documents to give back, in their order. One without a text, such as
        an image, stays as it is."""
        places, documents = self._sent(texts, scores)
        if not documents:
            return _untouched(texts)
        try:
            with Client(self.url, key=self.key, timeout=self.timeout) as client:
                answer = client.prune(query, documents, **self.options)
        except RagpruneError as error:
            return self._failed(error, len(texts))
        return self._merge(answer, places, texts)

    async def aprune(self, query: str, texts: Sequence[str | None], scores: Sequence[float | None]) -> list[Pruned]:
        """As prune, without blocking."""
        places, documents = self._sent(texts, scores)
        if not documents:
            return _untouched(texts)
        try:
            async with AsyncClient(self.url, key=self.key, timeout=self.timeout) as client:
                answer = await client.prune(query, documents, **self.options)
        except RagpruneError as error:
            return self._failed(error, len(texts))
        return self._merge(answer, places, texts)

    def _sent(
        self, texts: Sequence[str | None], scores: Sequence[float | None]
    ) -> tuple[list[int], list[Document]]:
        """The documents that have a text, and where they were."""
        places, documents = [], []
        for i, (text, score) in enumerate(zip(texts, scores, strict=True)):
            if text:
                places.append(i)
                documents.append(Document(html=text, score=score) if self.html else Document(text=text, score=score))
        return places, documents

    def _merge(self, answer: Answer, places: Sequence[int], texts: Sequence[str | None]) -> list[Pruned]:
        """The results and the documents without a text: these in their places, or
        behind the others if the results are sorted by score."""
        degraded = sum(r.degraded is not None for r in answer.results)
        if degraded:
            log.warning("%d of %d documents were answered a cheaper way", degraded, len(answer.results))
        pruned = [
            Pruned(places[r.index], r.text, r.score, _metadata(r))
            for r in answer.results
            if r.text or not self.drop_empty
        ]
        pruned += (p for p in _untouched(texts) if p.index not in set(places))
        if self.options.get("order") != "score":
            pruned.sort(key=lambda p: p.index)
        return pruned

    def _failed(self, error: RagpruneError, count: int) -> list[Pruned]:
        if self.on_error == "raise":
            raise error
        log.warning("not pruned, %d documents stay as they are: %s", count, error)
        return [Pruned(i, None, None, {FAILED: str(error)}) for i in range(count)]


def _untouched(texts: Sequence[str | None]) -> list[Pruned]:
    return [Pruned(i, None, None, {}) for i in range(len(texts))]


def _metadata(r: Result) -> dict[str, Any]:
    metadata: dict[str, Any] = {RELEVANCE_SCORE: r.score, KEPT: [[k.start, k.end] for k in r.kept]}
    if r.retriever_score is not None:
        metadata[RETRIEVER_SCORE] = r.retriever_score
    if r.degraded is not None:
        metadata[DEGRADED] = r.degraded.reason
    return metadata
