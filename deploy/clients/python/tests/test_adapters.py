"""The package, with the frameworks themselves, against the service."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from conftest import ANSWER, DOCUMENTS, KEY, QUERY, Expected

import ragprune
from ragprune.pruning import FAILED, KEPT, RELEVANCE_SCORE, RETRIEVER_SCORE

Report = Callable[..., None]

# Nothing listens there: port 1 is reserved.
NOWHERE = "http://127.0.0.1:1"
# With the server's preset the third document keeps nothing or something, as the
# model goes; the tests ask /prune which.
HTML = "<nav><ul><li>Home<li>Shop</ul></nav><h2>Apollo 11</h2><p>" + DOCUMENTS[1] + "</p>"


def run(value: Any) -> Any:
    """The value, or that of a coroutine."""
    return asyncio.run(value) if asyncio.iscoroutine(value) else value


# The client.


def ask(url: str, how: str, call: Callable[[Any], Any], **keywords: Any) -> Any:
    """Calls a client of either kind."""
    if how == "sync":
        with ragprune.Client(url, **keywords) as client:
            return call(client)

    async def asynchronously() -> Any:
        async with ragprune.AsyncClient(url, **keywords) as client:
            return await call(client)

    return asyncio.run(asynchronously())


BOTH = pytest.mark.parametrize("how", ["sync", "async"])


@BOTH
def test_client_prunes(how: str, url: str, expected: Expected) -> None:
    documents = [
        DOCUMENTS[0],
        ragprune.Document(text=DOCUMENTS[1], id="7", title="Apollo", score=0.25, metadata={"n": 12345678901234567890}),
        ragprune.Document(html=HTML),
    ]
    answer = ask(url, how, lambda c: c.prune(QUERY, documents, preset="aggressive", explain=True))
    assert [r.index for r in answer.results] == [0, 1, 2]
    named = answer.results[1]
    assert named.id == "7" and named.retriever_score == 0.25 and named.metadata == {"n": 12345678901234567890}
    assert [DOCUMENTS[1][k.start : k.end] for k in named.kept] == [named.text] == [ANSWER]
    assert named.tokens.after < named.tokens.before and named.units and named.degraded is None
    assert answer.results[2].format == "html" and answer.results[2].kept[0].path
    assert answer.usage.documents == 3 and answer.model.startswith("ragprune-small@")
    pruned = ask(url, how, lambda c: c.prune(QUERY, DOCUMENTS))
    assert [r.text for r in pruned.results] == expected.texts
    assert [r.score for r in pruned.results] == pytest.approx(expected.scores, abs=1e-6)


@BOTH
def test_client_reranks(how: str, url: str, expected: Expected) -> None:
    expected.check([(r.index, r.score) for r in ask(url, how, lambda c: c.rerank(QUERY, DOCUMENTS))])
    expected.check([(r.index, r.score) for r in ask(url, how, lambda c: c.rerank(QUERY, DOCUMENTS, top_n=1))], top=1)


@BOTH
def test_client_errors(how: str, url: str, keyed_url: str) -> None:
    with pytest.raises(ragprune.ApiError) as invalid:
        ask(url, how, lambda c: c.prune(" ", DOCUMENTS, threshold=7))
    error = invalid.value
    assert (error.status, error.code) == (422, "invalid_request") and error.request_id
    assert {f.pointer for f in error.fields} == {"/query", "/threshold"}
    assert "threshold must be between 0 and 1" in str(error)
    with pytest.raises(ragprune.ApiError, match="401 unauthorized"):
        ask(keyed_url, how, lambda c: c.rerank(QUERY, DOCUMENTS), key="wrong")
    assert ask(keyed_url, how, lambda c: c.rerank(QUERY, DOCUMENTS), key=KEY)
    with pytest.raises(ragprune.ApiError, match="1000 documents"):
        ask(url, how, lambda c: c.prune(QUERY, ["a"] * 10_000))
    with pytest.raises(ragprune.TransportError, match="127.0.0.1:1/prune"):
        ask(NOWHERE, how, lambda c: c.prune(QUERY, DOCUMENTS))
    with pytest.raises(ragprune.TransportError, match="timed out|Timeout"):
        ask(url, how, lambda c: c.prune("new " + how, ["sentence. " * 5000] * 200), timeout=0.001)
    with pytest.raises(ragprune.TransportError):
        ask("not a url", how, lambda c: c.prune(QUERY, DOCUMENTS))
    with pytest.raises(ragprune.ApiError, match="not_found"):
        ask(url + "/elsewhere", how, lambda c: c.prune(QUERY, DOCUMENTS))


@BOTH
def test_client_sends_what_cannot_be_encoded(how: str, url: str) -> None:
    answer = ask(url, how, lambda c: c.prune(QUERY, ["The crew \ud800 stayed 21 hours."]))
    assert [w.code for w in answer.results[0].warnings] == ["invalid_utf8"]


# What another server answers under this address.
@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"results": [{"index": 0}]}),
        httpx.Response(502, text="Bad Gateway"),
        httpx.Response(500, json={"error": "x"}),
    ],
)
def test_client_refuses_other_servers(response: httpx.Response) -> None:
    http = httpx.Client(transport=httpx.MockTransport(lambda request: response))
    with pytest.raises(ragprune.TransportError):
        ragprune.Client(http=http).prune(QUERY, DOCUMENTS)


# The adapters. Each is given as a function from settings and a list of
# (id, text, metadata, score) to (id, text, metadata, score), or failed.

Row = tuple[str, str, dict[str, Any], float | None]


def langchain(how: str, rows: list[Row], **settings: Any) -> list[Row]:
    from langchain_core.documents import Document
    from pydantic import SecretStr

    from ragprune.langchain import RagpruneCompressor

    if "key" in settings:
        settings["key"] = SecretStr(settings["key"])
    compressor = RagpruneCompressor(**settings)
    documents = [Document(id=i, page_content=text, metadata=metadata) for i, text, metadata, _ in rows]
    before = copy.deepcopy(documents)
    if how == "sync":
        found = compressor.compress_documents(documents, QUERY)
    else:
        found = asyncio.run(compressor.acompress_documents(documents, QUERY))
    assert documents == before
    return [(d.id, d.page_content, d.metadata, d.metadata.get(RELEVANCE_SCORE)) for d in found]


def llama_index(how: str, rows: list[Row], **settings: Any) -> list[Row]:
    from llama_index.core.schema import MetadataMode, NodeWithScore, TextNode

    from ragprune.llama_index import RagprunePostprocessor

    processor = RagprunePostprocessor(**settings)
    nodes = [
        NodeWithScore(node=TextNode(id_=i, text=text, metadata=metadata), score=score)
        for i, text, metadata, score in rows
    ]
    before = [n.model_dump() for n in nodes]
    if how == "sync":
        found = processor.postprocess_nodes(nodes, query_str=QUERY)
    else:
        found = asyncio.run(processor.apostprocess_nodes(nodes, query_str=QUERY))
    assert [n.model_dump() for n in nodes] == before
    for node in found:
        assert "ragprune" not in node.node.get_content(MetadataMode.LLM)
        assert RELEVANCE_SCORE not in node.node.get_content(MetadataMode.EMBED)
    return [(n.node_id, n.node.get_content(), n.metadata, n.score) for n in found]


def haystack(how: str, rows: list[Row], **settings: Any) -> list[Row]:
    from haystack import Document, Pipeline
    from haystack.core.errors import PipelineRuntimeError
    from haystack.utils import Secret

    from ragprune.haystack import RagprunePruner

    if "key" in settings:
        settings["key"] = Secret.from_token(settings["key"])
    pruner = RagprunePruner(**settings)
    documents = [Document(id=i, content=text, meta=metadata, score=score) for i, text, metadata, score in rows]
    before = copy.deepcopy(documents)
    if how == "sync":
        pipeline = Pipeline()
        pipeline.add_component("pruner", pruner)
        try:
            found = pipeline.run({"pruner": {"query": QUERY, "documents": documents}})["pruner"]
        except PipelineRuntimeError as error:
            assert error.__cause__ is not None
            raise error.__cause__
    else:
        found = asyncio.run(pruner.run_async(query=QUERY, documents=documents))
    assert documents == before
    assert found["failed"] == any(FAILED in d.meta for d in found["documents"])
    return [(d.id, d.content or "", d.meta, d.score) for d in found["documents"]]


ADAPTERS = {
    "langchain-core": (langchain, "`RagpruneCompressor`: `compress_documents`, `acompress_documents`"),
    "llama-index-core": (llama_index, "`RagprunePostprocessor`: `postprocess_nodes`, `apostprocess_nodes`"),
    "haystack-ai": (haystack, "`RagprunePruner`: `run` in a pipeline, `run_async`"),
}
ROWS: list[Row] = [(f"id-{i}", text, {"source": {"page": i}}, 0.5 + i / 10) for i, text in enumerate(DOCUMENTS)]
EACH = pytest.mark.parametrize("name", ADAPTERS)


@EACH
@BOTH
def test_adapter_prunes(name: str, how: str, url: str, expected: Expected, report: Report) -> None:
    adapter, ran = ADAPTERS[name]
    found = adapter(how, ROWS, url=url, drop_empty=False)
    assert [i for i, *_ in found] == [i for i, *_ in ROWS]
    assert [text for _, text, *_ in found] == expected.texts
    assert [score for *_, score in found] == pytest.approx(expected.scores, abs=1e-6)
    for (_, text, metadata, _), row in zip(found, ROWS, strict=True):
        assert metadata["source"] == row[2]["source"]
        assert "".join(row[1][start:end] for start, end in metadata[KEPT]).split() == text.split()
        if name != "langchain-core":  # its documents have no score
            assert metadata[RETRIEVER_SCORE] == row[3]
    if how == "async":
        kept = "ids and metadata" if name == "langchain-core" else "ids, metadata and retriever scores"
        report("adapters", name, ran, f"texts and scores of `/prune`; {kept} kept; given objects untouched")


@EACH
@BOTH
def test_adapter_options(name: str, how: str, url: str, keyed_url: str, report: Report) -> None:
    adapter, _ = ADAPTERS[name]
    found = adapter(how, ROWS, url=url, options={"preset": "aggressive", "order": "score", "top_n": 2})
    assert found[0][:2] == ("id-1", ANSWER)
    assert all(text for _, text, *_ in found)
    assert adapter(how, [], url=url) == []
    assert adapter(how, ROWS, url=keyed_url, key=KEY, options={"max_tokens": 1}) == []
    html = adapter(how, [("page", HTML, {}, None)], url=url, html=True, options={"format": "text", "preset": "aggressive"})
    assert ANSWER in html[0][1] and "Home" not in html[0][1]
    if how == "async":
        report("adapters", name, "options of `/prune`, HTML, a key, nothing to do, a budget too small for anything", "as `/prune` says")


@EACH
@BOTH
@pytest.mark.parametrize("why", ["nobody there", "wrong key", "refused"])
def test_adapter_fails_soft(
    name: str, how: str, why: str, url: str, keyed_url: str, report: Report, caplog: pytest.LogCaptureFixture
) -> None:
    adapter, _ = ADAPTERS[name]
    settings: dict[str, dict[str, Any]] = {
        "nobody there": {"url": NOWHERE},
        "wrong key": {"url": keyed_url, "key": "wrong"},
        "refused": {"url": url, "options": {"threshold": 7}},
    }
    with caplog.at_level(logging.WARNING, "ragprune"):
        found = adapter(how, ROWS, **settings[why])
    assert "not pruned, 3 documents stay as they are" in caplog.text
    for (found_id, text, metadata, score), row in zip(found, ROWS, strict=True):
        assert (found_id, text) == row[:2] and metadata["source"] == row[2]["source"]
        assert metadata[FAILED]
        if name != "langchain-core":
            assert score == row[3]
    with pytest.raises(ragprune.RagpruneError):
        adapter(how, ROWS, on_error="raise", **settings[why])
    if how == "async" and why == "refused":
        report("adapters", name, "nobody there, wrong key, refused request", "the originals, a warning in the log, `ragprune_failed`; raised with `on_error=\"raise\"`")


def test_langchain_retriever(url: str) -> None:
    from langchain_classic.retrievers import ContextualCompressionRetriever
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    from ragprune.langchain import RagpruneCompressor

    class Fixed(BaseRetriever):
        def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:
            return [Document(page_content=d) for d in DOCUMENTS]

    retriever = ContextualCompressionRetriever(
        base_compressor=RagpruneCompressor(url=url, options={"preset": "aggressive"}), base_retriever=Fixed()
    )
    assert ANSWER in [d.page_content for d in retriever.invoke(QUERY)]
    assert ANSWER in [d.page_content for d in asyncio.run(retriever.ainvoke(QUERY))]


def test_llama_index_keeps_relationships_and_images(url: str) -> None:
    from llama_index.core.schema import ImageNode, NodeRelationship, NodeWithScore, RelatedNodeInfo, TextNode

    from ragprune.llama_index import RagprunePostprocessor

    parent = RelatedNodeInfo(node_id="parent")
    nodes = [
        NodeWithScore(node=ImageNode(id_="image", image_url="https://example.org/a.png"), score=0.9),
        NodeWithScore(node=TextNode(text=DOCUMENTS[1], relationships={NodeRelationship.PARENT: parent}), score=0.1),
    ]
    found = RagprunePostprocessor(url=url).postprocess_nodes(nodes, query_str=QUERY)
    assert found[0].node_id == "image" and found[0].score == 0.9
    assert found[1].node.parent_node == parent and len(found[1].text) < len(DOCUMENTS[1])
    with pytest.raises(ValueError, match="query"):
        RagprunePostprocessor(url=url).postprocess_nodes(nodes)


def test_haystack_pipeline_is_serialised(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from haystack import Document, Pipeline
    from haystack.dataclasses import ByteStream
    from haystack.utils import Secret

    from ragprune.haystack import RagprunePruner

    monkeypatch.setenv("RAGPRUNE_TEST_KEY", "any")
    pipeline = Pipeline()
    key = Secret.from_env_var("RAGPRUNE_TEST_KEY")
    pipeline.add_component("pruner", RagprunePruner(url=url, key=key, options={"preset": "aggressive"}))
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["ragprune.haystack"])
    image = Document(id="image", blob=ByteStream(b"png"))
    found = again.run({"pruner": {"query": QUERY, "documents": [image, Document(id="1", content=DOCUMENTS[1])]}})
    assert [(d.id, d.content) for d in found["pruner"]["documents"]] == [("image", None), ("1", ANSWER)]
    assert found["pruner"]["failed"] is False
