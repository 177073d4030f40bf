"""Answers that come line by line, without the network: bytes go in, what they
say comes out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from ragprune.errors import ApiError, FieldProblem, TransportError
from ragprune.types import Answer, Event, PruneOptions

LINES = "application/x-ndjson"

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


def api_error(raw: Mapping[str, Any], request_id: str = "", retry_after: float | None = None) -> ApiError:
    """The error that a problem is."""
    return ApiError(
        status=int(raw.get("status", 0)),
        code=str(raw["code"]),
        title=str(raw.get("title", "")),
        detail=str(raw.get("detail", "")),
        fields=tuple(FieldProblem(f["pointer"], f["code"], f["message"]) for f in raw.get("errors", ())),
        request_id=request_id or str(raw.get("instance", "")),
        retry_after=retry_after,
    )


class Reader(Protocol[T_co]):
    """Knows the lines of one answer."""

    def read(self, line: Mapping[str, Any]) -> T_co | None:
        """What a line says; None if nothing that anybody waits for."""


class Lines(Generic[T]):
    """Cuts what arrives into lines."""

    def __init__(self, reader: Reader[T], url: str) -> None:
        self._reader = reader
        self._url = url
        self._rest = b""
        self._ended = False

    def feed(self, data: bytes) -> Iterator[T]:
        """What is said by the lines that are complete with data."""
        *lines, self._rest = (self._rest + data).split(b"\n")  # and at nothing else that ends lines in Unicode
        for line in lines:
            try:
                raw = json.loads(line)
                if raw["type"] == "error":
                    raise api_error(raw["problem"], retry_after=raw.get("retry_after"))
                self._ended = self._ended or raw["type"] == "end"
                said = self._reader.read(raw)
            except (ValueError, KeyError, TypeError) as error:
                raise TransportError(f"not a line of ragprune from {self._url}: {error!r}") from error
            if said is not None:
                yield said

    def finish(self) -> None:
        """Raises a TransportError if the answer was cut off."""
        if not self._ended:
            raise TransportError(f"the answer from {self._url} was cut off")


class PruneReader:
    """The lines of /prune."""

    def __init__(self, options: PruneOptions) -> None:
        self._sorted = options.get("order") != "score"
        self._results: list[Mapping[str, Any]] = []

    def read(self, line: Mapping[str, Any]) -> Event:
        """As of Reader."""
        done, documents = line["done"], line["documents"]
        if line["type"] != "end":
            if "result" in line:
                self._results.append(line["result"])
            return Event.of(done, documents, result=line.get("result"))
        if self._sorted:
            self._results.sort(key=lambda r: int(r["index"]))
        return Event.of(done, documents, answer={**line, "results": self._results})


class BatchReader:
    """The lines of /prune/batch."""

    def read(self, line: Mapping[str, Any]) -> tuple[int, Answer | ApiError] | None:
        """As of Reader."""
        return batch_item(line["item"]) if line["type"] == "item" else None


def batch_item(raw: Mapping[str, Any]) -> tuple[int, Answer | ApiError]:
    """The place of an item, and its answer or what it is instead."""
    if "problem" in raw:
        return raw["index"], api_error(raw["problem"], retry_after=raw.get("retry_after"))
    return raw["index"], Answer.of(raw["answer"])
