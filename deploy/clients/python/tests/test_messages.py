"""Chat messages through the package, against the real service."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from conftest import ANSWER, DOCUMENTS, QUERY

from ragprune import ApiError, AsyncClient, Client, MessagesAnswer

SYSTEM = "Answer from this:\n<documents>{}</documents>\nBe brief. \u00e9\U0001f600"
MESSAGES: list[dict[str, Any]] = [
    {
        "role": "system",
        "content": SYSTEM.format("".join(f"<document>{d}</document>" for d in DOCUMENTS)),
        "cache_control": {"type": "ephemeral"},
    },
    {"role": "user", "content": [{"type": "text", "text": QUERY}]},
]


def check(answer: MessagesAnswer) -> None:
    """Only the context is another, and it holds the sentence that answers."""
    assert answer.messages[1:] == MESSAGES[1:]
    system = answer.messages[0]
    assert {**system, "content": ""} == {**MESSAGES[0], "content": ""}
    before, after = SYSTEM.split("{}")
    content = system["content"]
    assert content.startswith(before) and content.endswith(after)
    assert ANSWER in content and "Bananas" not in content
    assert content.count("<document>") == len(DOCUMENTS)
    assert [p.pointer for p in answer.pieces] == ["/messages/0/content"] * len(DOCUMENTS)
    for piece, document in zip(answer.pieces, DOCUMENTS, strict=True):
        assert MESSAGES[0]["content"][piece.start : piece.end] == document
    assert answer.pieces[1].score > answer.pieces[0].score
    assert answer.usage.tokens_after < answer.usage.tokens_before
    assert answer.model and not answer.warnings


def test_prune_messages(url: str) -> None:
    with Client(url) as client:
        check(client.prune_messages(MESSAGES, preset="aggressive"))


def test_prune_messages_async(url: str) -> None:
    async def run() -> MessagesAnswer:
        async with AsyncClient(url) as client:
            return await client.prune_messages(MESSAGES, preset="aggressive")

    check(asyncio.run(run()))


def test_tools(url: str) -> None:
    messages = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": DOCUMENTS[1]},
    ]
    with Client(url) as client:
        answer = client.prune_messages(messages, query=QUERY, context={"tools": ["search"]}, preset="aggressive")
        assert answer.messages[:2] == messages[:2]
        assert answer.messages[2] == {**messages[2], "content": ANSWER}
        none = client.prune_messages(messages, query=QUERY)
    assert none.messages == messages and [w.code for w in none.warnings] == ["no_context"]


def test_without_a_question(url: str) -> None:
    with Client(url) as client, pytest.raises(ApiError) as raised:
        client.prune_messages(MESSAGES[:1])
    assert raised.value.status == 422 and raised.value.fields[0].pointer == "/messages"
