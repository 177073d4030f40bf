"""For Haystack: a component that prunes what a retriever found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.utils import Secret

from ragprune.client import DEFAULT_TIMEOUT, DEFAULT_URL
from ragprune.pruning import FAILED, OnError, Pruned, Pruning
from ragprune.types import PruneOptions


@component
class RagprunePruner:
    """Prunes documents to what helps to answer the query.

    Ids and meta stay; the keys of ragprune.pruning are added to the meta. The
    score of a document becomes its relevance score. A document without a text,
    such as an image, stays as it is.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        key: Secret | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        options: PruneOptions | None = None,
        html: bool = False,
        drop_empty: bool = True,
        on_error: OnError = "original",
    ) -> None:
        """url is the address of the server, key its API key if it asks for one,
        timeout in seconds. options say how to prune: the fields of /prune, such as
        max_tokens and preset. html: the documents are HTML. drop_empty: leave out
        documents of which nothing is kept. on_error: give the documents back as
        they were and say so, or raise."""
        self.url = url
        self.key = key
        self.timeout = timeout
        self.options = options or PruneOptions()
        self.html = html
        self.drop_empty = drop_empty
        self.on_error: OnError = on_error

    def to_dict(self) -> dict[str, Any]:
        """The component as a dictionary."""
        return default_to_dict(
            self,
            url=self.url,
            key=self.key.to_dict() if self.key else None,
            timeout=self.timeout,
            options=dict(self.options),
            html=self.html,
            drop_empty=self.drop_empty,
            on_error=self.on_error,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> RagprunePruner:
        """The component of a dictionary."""
        parameters = data.get("init_parameters", {})
        if isinstance(parameters.get("key"), dict):
            parameters["key"] = Secret.from_dict(parameters["key"])
        return default_from_dict(cls, data)

    @component.output_types(documents=list[Document], failed=bool)
    def run(self, query: str, documents: list[Document]) -> dict[str, Any]:
        """The documents pruned, and whether they are the originals because the
        request failed."""
        return _documents(documents, self._pruning().prune(query, *_sent(documents)))

    @component.output_types(documents=list[Document], failed=bool)
    async def run_async(self, query: str, documents: list[Document]) -> dict[str, Any]:
        """As run, without blocking."""
        return _documents(documents, await self._pruning().aprune(query, *_sent(documents)))

    def _pruning(self) -> Pruning:
        return Pruning(
            url=self.url,
            key=self.key.resolve_value() if self.key else None,
            timeout=self.timeout,
            options=self.options,
            html=self.html,
            drop_empty=self.drop_empty,
            on_error=self.on_error,
        )


def _sent(documents: Sequence[Document]) -> tuple[list[str | None], list[float | None]]:
    return [d.content for d in documents], [d.score for d in documents]


def _documents(originals: Sequence[Document], pruned: Sequence[Pruned]) -> dict[str, Any]:
    out = []
    for p in pruned:
        original = originals[p.index]
        out.append(
            replace(
                original,
                meta={**original.meta, **p.metadata},
                content=original.content if p.text is None else p.text,
                score=original.score if p.score is None else p.score,
            )
        )
    return {"documents": out, "failed": any(FAILED in p.metadata for p in pruned)}
