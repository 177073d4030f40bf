"""Answers that come line by line, and batches, against the real service."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from conftest import ANSWER, DOCUMENTS, KEY, QUERY

from ragprune import Answer, ApiError, AsyncClient, Client, Document, Event, PruneOptions, Question, TransportError
from ragprune.lines import Lines, PruneReader

CASES: list[PruneOptions] = [{}, {"max_tokens": 40}, {"top_n": 2}, {"order": "score"}, {"min_score": 0.5}]
QUESTIONS = [
    Question(QUERY, DOCUMENTS),
    Question("", DOCUMENTS),
    Question(QUERY, DOCUMENTS, {"threshold": 2.0}),
    Question(QUERY, DOCUMENTS[:1], {"top_n": 1}),
]


def check(events: list[Event], want: Answer) -> None:
    """The events are those of an answer, and their results are its results."""
    *before, last = events
    assert last.answer is not None and all(e.answer is None for e in before)
    assert [e.done for e in events] == sorted(e.done for e in events)
    assert all(e.documents == len(DOCUMENTS) for e in events)
    assert last.done == len(DOCUMENTS)
    got = last.answer
    assert [(r.index, r.text, r.score, r.kept) for r in got.results] == [
        (r.index, r.text, r.score, r.kept) for r in want.results
    ]
    assert (got.model, got.usage.returned, got.usage.tokens_after) == (
        want.model, want.usage.returned, want.usage.tokens_after
    )
    told = [e.result for e in before if e.result is not None]
    assert sorted(r.index for r in told) == sorted(r.index for r in want.results)
    assert all(r in got.results for r in told)


@pytest.mark.parametrize("options", CASES, ids=str)
def test_stream(url: str, options: PruneOptions) -> None:
    with Client(url) as client:
        check(list(client.prune_stream(QUERY, DOCUMENTS, **options)), client.prune(QUERY, DOCUMENTS, **options))


@pytest.mark.parametrize("options", CASES, ids=str)
def test_stream_async(url: str, options: PruneOptions) -> None:
    async def run() -> tuple[list[Event], Answer]:
        async with AsyncClient(url) as client:
            events = [e async for e in client.prune_stream(QUERY, DOCUMENTS, **options)]
            return events, await client.prune(QUERY, DOCUMENTS, **options)

    check(*asyncio.run(run()))


def test_lines_end_at_line_feeds_alone(url: str) -> None:
    name = "one\u2028two\u0085three"
    with Client(url) as client:
        *_, last = client.prune_stream(QUERY, [Document(ANSWER, id=name)])
    assert last.answer is not None and last.answer.results[0].id == name


def check_batch(answers: list[Answer | ApiError]) -> None:
    first, empty, bad, last = answers
    assert isinstance(first, Answer) and ANSWER in first.results[1].text
    assert isinstance(empty, ApiError) and empty.fields[0].pointer == "/query"
    assert isinstance(bad, ApiError) and bad.status == 422 and bad.fields[0].pointer == "/threshold"
    assert isinstance(last, Answer) and len(last.results) == 1


def test_batch(url: str) -> None:
    with Client(url) as client:
        check_batch(client.prune_batch(QUESTIONS, preset="safe"))
        came = dict(client.prune_batch_stream(QUESTIONS, preset="safe"))
    check_batch([came[i] for i in range(len(QUESTIONS))])


def test_batch_async(url: str) -> None:
    async def run() -> None:
        async with AsyncClient(url) as client:
            check_batch(await client.prune_batch(QUESTIONS))
            came = {i: answer async for i, answer in client.prune_batch_stream(QUESTIONS)}
            check_batch([came[i] for i in range(len(QUESTIONS))])

    asyncio.run(run())


def test_problems(url: str, keyed_url: str) -> None:
    with Client(url) as client, pytest.raises(ApiError) as raised:
        list(client.prune_stream("", DOCUMENTS))
    assert (raised.value.status, raised.value.fields[0].pointer) == (422, "/query")
    with Client(keyed_url) as client, pytest.raises(ApiError) as raised:
        list(client.prune_batch_stream(QUESTIONS))
    assert raised.value.status == 401
    with Client(keyed_url, key=KEY) as client:
        assert list(client.prune_stream(QUERY, DOCUMENTS))[-1].answer
    with Client("http://127.0.0.1:1") as client, pytest.raises(TransportError):
        list(client.prune_stream(QUERY, DOCUMENTS))


PROGRESS = b'{"type":"progress","done":1,"documents":2}\n'


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (PROGRESS, TransportError, 1),
        (PROGRESS + PROGRESS[:9], TransportError, 1),
        (b"no json\n", TransportError, 0),
        (b"[]\n", TransportError, 0),
        (b'{"type":"result","done":1}\n', TransportError, 0),
        (PROGRESS + b'{"type":"error","problem":{"code":"timeout","status":503},"retry_after":2}\n', ApiError, 1),
    ],
)
def test_answers_that_fail_midway(data: bytes, error: type[Exception], told: int) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=data, headers={"Content-Type": "application/x-ndjson"})

    events: list[Any] = []
    with httpx.Client(transport=httpx.MockTransport(answer)) as http, pytest.raises(error) as raised:
        for event in Client(http=http).prune_stream(QUERY, DOCUMENTS):
            events.append(event)
    assert len(events) == told
    if isinstance(raised.value, ApiError):
        assert (raised.value.code, raised.value.retry_after) == ("timeout", 2)


def test_lines_arrive_in_any_pieces() -> None:
    for size in range(1, len(PROGRESS)):
        lines = Lines(PruneReader({}), "url")
        pieces = [PROGRESS[i : i + size] for i in range(0, len(PROGRESS), size)]
        assert [e.done for piece in pieces for e in lines.feed(piece)] == [1]
