"""What the clients take and give; openapi.yaml of the server says more of every
field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from typing_extensions import TypedDict  # pydantic wants it before Python 3.12


@dataclass(frozen=True)
class Document:
    """One retrieved text: exactly one of text and html."""

    text: str | None = None
    html: str | None = None
    id: str | None = None
    title: str | None = None
    score: float | None = None
    metadata: Mapping[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """The document as it is sent."""
        return {name: value for name, value in vars(self).items() if value is not None}


class Keep(TypedDict, total=False):
    """What stays whatever its score, once anything of its document does."""

    title: bool
    headings: bool
    around: int
    patterns: Sequence[str]
    selectors: Sequence[str]


class Coarse(TypedDict, total=False):
    """What the models may read of documents that are larger."""

    scorer: Literal["auto", "bm25", "embed", "hybrid", "none"]
    tokens: int


class PruneOptions(TypedDict, total=False):
    """How to prune. Nothing is mandatory; what a field means that is not there is
    up to the server."""

    threshold: float
    preset: Literal["safe", "balanced", "aggressive"]
    max_tokens: int
    tokenizer: str
    fill: Literal["greedy", "knapsack"]
    min_score: float
    top_n: int
    order: Literal["input", "score"]
    format: Literal["same", "text", "html", "markdown"]
    granularity: int | Literal["auto"]
    scorer: Literal["label", "bm25", "embed", "hybrid", "fused", "generate"]
    coarse: Coarse
    attributes: list[Literal["alt", "href", "datetime", "title"]]
    keep: Keep
    boilerplate: Literal["demote", "keep", "drop"]
    on_empty: Literal["empty", "best", "original"]
    offsets: Literal["codepoint", "byte", "utf16"]
    explain: bool
    timeout_ms: int


@dataclass(frozen=True)
class Kept:
    """The half-open range of a kept piece in the document as it was sent, by
    default in code points, as Python counts."""

    start: int
    end: int
    path: str | None = None


@dataclass(frozen=True)
class Tokens:
    """Sizes in tokens of the model's tokenizer."""

    before: int
    after: int


@dataclass(frozen=True)
class Degraded:
    """Why and by what a document was answered instead of the scorer asked for."""

    reason: str
    used: str


@dataclass(frozen=True)
class Warning_:
    """Something about a document that one may want to know."""

    code: str
    message: str


@dataclass(frozen=True)
class Result:
    """What is left of one document."""

    index: int
    """The place of the document in the request."""
    score: float
    """The calibrated probability that the document helps, 0 to 1."""
    text: str
    """What was kept; empty if nothing was."""
    format: str
    kept: tuple[Kept, ...]
    tokens: Tokens
    id: str | None = None
    logit: float | None = None
    retriever_score: float | None = None
    title: str | None = None
    cached: bool = False
    truncated: bool = False
    degraded: Degraded | None = None
    warnings: tuple[Warning_, ...] = ()
    units: tuple[Mapping[str, Any], ...] = ()
    """Everything that was scored, if explain was asked for."""
    metadata: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Result:
        """Reads a result of an answer; fields it does not know are ignored."""
        degraded = raw.get("degraded")
        return cls(
            index=raw["index"],
            score=raw["score"],
            text=raw["text"],
            format=raw["format"],
            kept=tuple(Kept(k["start"], k["end"], k.get("path")) for k in raw["kept"]),
            tokens=Tokens(raw["tokens"]["before"], raw["tokens"]["after"]),
            id=raw.get("id"),
            logit=raw.get("logit"),
            retriever_score=raw.get("retriever_score"),
            title=raw.get("title"),
            cached=raw["cached"],
            truncated=raw["truncated"],
            degraded=degraded and Degraded(degraded["reason"], degraded["used"]),
            warnings=_warnings(raw["warnings"]),
            units=tuple(raw.get("units", ())),
            metadata=raw.get("metadata"),
        )


@dataclass(frozen=True)
class Usage:
    """Sums over a request."""

    documents: int
    returned: int
    tokens_before: int
    tokens_after: int
    model_tokens: int
    cache_hits: int


@dataclass(frozen=True)
class Answer:
    """What is left of the documents."""

    results: tuple[Result, ...]
    usage: Usage
    model: str
    warnings: tuple[Warning_, ...] = ()
    timing_ms: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Answer:
        """Reads an answer; fields it does not know are ignored."""
        usage = raw["usage"]
        return cls(
            results=tuple(Result.of(r) for r in raw["results"]),
            usage=Usage(**{name: usage[name] for name in Usage.__dataclass_fields__}),
            model=raw["model"],
            warnings=_warnings(raw["warnings"]),
            timing_ms=raw["timing_ms"],
        )


@dataclass(frozen=True)
class Event:
    """How far a request is."""

    done: int
    """Documents whose scores are known."""
    documents: int
    """Documents of the request."""
    result: Result | None = None
    """What is left of one of them, if that is certain now."""
    answer: Answer | None = None
    """The whole answer; the last event has it, and no other."""

    @classmethod
    def of(
        cls, done: int, documents: int, result: Mapping[str, Any] | None = None, answer: Mapping[str, Any] | None = None
    ) -> Event:
        """Reads what a line holds."""
        return cls(done, documents, Result.of(result) if result else None, Answer.of(answer) if answer else None)


@dataclass(frozen=True)
class Question:
    """A query and its documents, one of a batch."""

    query: str
    documents: Sequence[str | Document]
    options: PruneOptions = field(default_factory=PruneOptions)
    """What stands in place of the options that the batch shares."""

    def body(self) -> dict[str, Any]:
        """The question as it is sent."""
        sent = [d if isinstance(d, str) else d.body() for d in self.documents]
        return {**self.options, "query": self.query, "documents": sent}


class Mark(TypedDict):
    """Two strings with context between them."""

    start: str
    end: str


class MessageContext(TypedDict, total=False):
    """What of chat messages is context."""

    marks: Sequence[Mark]
    tools: Sequence[str]
    split: Literal["documents", "whole"]
    separator: str
    input: Literal["auto", "text", "html"]


@dataclass(frozen=True)
class Piece:
    """What became of one document in the context of chat messages. Places are in
    the string that pointer names."""

    pointer: str
    """A JSON pointer, such as /messages/1/content."""
    start: int
    end: int
    score: float
    format: str
    kept: tuple[Kept, ...]
    tokens: Tokens
    logit: float | None = None
    cached: bool = False
    truncated: bool = False
    degraded: Degraded | None = None
    warnings: tuple[Warning_, ...] = ()
    units: tuple[Mapping[str, Any], ...] = ()
    """Everything that was scored, if explain was asked for."""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Piece:
        """Reads a piece of an answer; fields it does not know are ignored."""
        degraded = raw.get("degraded")
        return cls(
            pointer=raw["pointer"],
            start=raw["start"],
            end=raw["end"],
            score=raw["score"],
            format=raw["format"],
            kept=tuple(Kept(k["start"], k["end"], k.get("path")) for k in raw["kept"]),
            tokens=Tokens(raw["tokens"]["before"], raw["tokens"]["after"]),
            logit=raw.get("logit"),
            cached=raw["cached"],
            truncated=raw["truncated"],
            degraded=degraded and Degraded(degraded["reason"], degraded["used"]),
            warnings=_warnings(raw["warnings"]),
            units=tuple(raw.get("units", ())),
        )


@dataclass(frozen=True)
class MessagesAnswer:
    """Chat messages with their context pruned."""

    messages: list[dict[str, Any]]
    pieces: tuple[Piece, ...]
    usage: Usage
    model: str
    """Empty if there was no context."""
    warnings: tuple[Warning_, ...] = ()
    timing_ms: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> MessagesAnswer:
        """Reads an answer; fields it does not know are ignored."""
        usage = raw["usage"]
        return cls(
            messages=raw["messages"],
            pieces=tuple(Piece.of(p) for p in raw["pieces"]),
            usage=Usage(**{name: usage[name] for name in Usage.__dataclass_fields__}),
            model=raw["model"],
            warnings=_warnings(raw["warnings"]),
            timing_ms=raw["timing_ms"],
        )


@dataclass(frozen=True)
class Ranked:
    """One document of a ranking."""

    index: int
    score: float
    """The score of Result."""
    degraded: Degraded | None = None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Ranked:
        """Reads a result of /v2/rerank."""
        degraded = raw.get("degraded")
        return cls(raw["index"], raw["relevance_score"], degraded and Degraded(degraded["reason"], degraded["used"]))


def _warnings(raw: Sequence[Mapping[str, str]]) -> tuple[Warning_, ...]:
    return tuple(Warning_(w["code"], w["message"]) for w in raw)
