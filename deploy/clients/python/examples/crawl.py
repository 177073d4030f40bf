"""What both examples share: a crawl, a question set, and how a page is pruned.

A crawl is a Parquet file with the columns url and html, a question set a text
file with one question a line. Every page is pruned against every question; kept
are the pieces that help, where they are, and how much was saved.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ragprune import ApiError, Client, Document, TransportError

BATCH = 16
"""Pages of a request. The server cuts them into batches of its own."""

PRESET = "balanced"
TRIES = 5


def prune(client: Client, question: str, pages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One row for each page that has something to say to the question."""
    answer = _patiently(client, question, [Document(id=p["url"], html=p["html"]) for p in pages])
    for result in answer.results:
        if result.text:
            yield {
                "question": question,
                "url": result.id,
                "score": result.score,
                "text": result.text,
                "starts": [k.start for k in result.kept],
                "ends": [k.end for k in result.kept],
                "tokens_before": result.tokens.before,
                "tokens_after": result.tokens.after,
                "degraded": result.degraded.reason if result.degraded else None,
            }


def _patiently(client: Client, question: str, documents: list[Document]) -> Any:
    """Workers are many and the server has a queue: who is refused comes back when told."""
    for left in reversed(range(TRIES)):
        try:
            return client.prune(question, documents, preset=PRESET, format="markdown")
        except ApiError as error:
            if error.retry_after is None or left == 0:
                raise
            time.sleep(error.retry_after)
        except TransportError:
            if left == 0:
                raise
            time.sleep(1)
    raise AssertionError("unreachable")


def questions(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip()]
