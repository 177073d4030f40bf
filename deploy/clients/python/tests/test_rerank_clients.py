"""The clients of rerankers that people have, as they are on PyPI, against the
service. Only the address is other than usual."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import requests
from conftest import DOCUMENTS, KEY, QUERY, Expected

Report = Callable[..., None]


def test_cohere_v2(url: str, expected: Expected, report: Report) -> None:
    import cohere

    client = cohere.ClientV2("any", base_url=url)
    answer = client.rerank(model="rerank-v3.5", query=QUERY, documents=DOCUMENTS, top_n=2)
    expected.check([(r.index, r.relevance_score) for r in answer.results], top=2)
    assert answer.meta is not None and answer.meta.api_version is not None
    assert answer.meta.api_version.version == "2"

    async def again() -> list[tuple[int, float]]:
        client = cohere.AsyncClientV2("any", base_url=url)
        answer = await client.rerank(model="rerank-v3.5", query=QUERY, documents=DOCUMENTS)
        return [(r.index, r.relevance_score) for r in answer.results]

    expected.check(asyncio.run(again()))
    report("clients", "cohere", "`ClientV2.rerank`, `AsyncClientV2.rerank`", "`/v2/rerank`", "order and scores of `/prune`")


def test_cohere_v1(url: str, expected: Expected, report: Report) -> None:
    import cohere

    client = cohere.Client("any", base_url=url)
    answer = client.rerank(
        model="ragprune:prune",
        query=QUERY,
        documents=[{"text": d} for d in DOCUMENTS],
        return_documents=True,
        rank_fields=["text"],
        max_chunks_per_doc=10,
    )
    expected.check([(r.index, r.relevance_score) for r in answer.results])
    assert answer.results[0].document is not None and answer.results[0].document.text == expected.texts[1]
    report("clients", "cohere", "`Client.rerank`, objects, `:prune`", "`/v1/rerank`", "the same, pruned texts")


def test_cohere_errors(keyed_url: str, url: str, report: Report) -> None:
    import cohere

    with pytest.raises(cohere.UnauthorizedError) as wrong_key:
        cohere.ClientV2("wrong", base_url=keyed_url).rerank(model="m", query=QUERY, documents=DOCUMENTS)
    assert "valid API key" in wrong_key.value.body["message"]
    with pytest.raises(cohere.UnprocessableEntityError) as too_many:
        cohere.ClientV2("any", base_url=url).rerank(model="m", query=QUERY, documents=["a"] * 10_000)
    assert "at most 1000" in too_many.value.body["message"]
    assert "RAGPRUNE_MAX_DOCUMENTS" in too_many.value.body["message"]
    with pytest.raises(cohere.UnprocessableEntityError) as negative:
        cohere.ClientV2("any", base_url=url).rerank(model="m", query=QUERY, documents=DOCUMENTS, top_n=-1)
    assert "top_n must be 0 or more" in negative.value.body["message"]
    answer = cohere.ClientV2(KEY, base_url=keyed_url).rerank(model="m", query=QUERY, documents=DOCUMENTS, top_n=10**9)
    assert len(answer.results) == len(DOCUMENTS)
    report(
        "clients", "cohere", "wrong key; 10,000 documents; `top_n` of -1; `top_n` of 10⁹", "`/v2/rerank`",
        "`UnauthorizedError`; `UnprocessableEntityError` that names limit and setting; the same with the rule; all documents",
    )


def langchain_documents() -> list[object]:
    from langchain_core.documents import Document

    return [Document(page_content=d, metadata={"place": i}) for i, d in enumerate(DOCUMENTS)]


def test_langchain_cohere(url: str, expected: Expected, report: Report) -> None:
    from langchain_cohere import CohereRerank

    compressor = CohereRerank(model="any", cohere_api_key="any", base_url=url, top_n=2)
    found = compressor.compress_documents(langchain_documents(), QUERY)
    expected.check([(d.metadata["place"], d.metadata["relevance_score"]) for d in found], top=2)
    report("clients", "langchain-cohere", "`CohereRerank.compress_documents`", "`/v2/rerank`", "order and scores of `/prune`")


def test_langchain_jina(url: str, expected: Expected, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    # The class has no setting for the address.
    from langchain_community.document_compressors import jina_rerank

    monkeypatch.setattr(jina_rerank, "JINA_API_URL", url + "/v1/rerank")
    compressor = jina_rerank.JinaRerank(jina_api_key="any", top_n=3)
    found = compressor.compress_documents(langchain_documents(), QUERY)
    expected.check([(d.metadata["place"], d.metadata["relevance_score"]) for d in found])
    with pytest.raises(RuntimeError, match="must hold a question"):
        compressor.compress_documents(langchain_documents(), " ")
    report("clients", "langchain-community", "`JinaRerank`, its address patched; blank query", "`/v1/rerank`", "order and scores of `/prune`; `RuntimeError` with the rule")


def test_langchain_infinity(url: str, expected: Expected, report: Report) -> None:
    from infinity_client.client import Client
    from langchain_community.document_compressors import InfinityRerank

    compressor = InfinityRerank(client=Client(base_url=url), model="any", top_n=3)
    found = compressor.compress_documents(langchain_documents(), QUERY)
    expected.check([(d.metadata["place"], d.metadata["relevance_score"]) for d in found])
    report("clients", "infinity-client", "LangChain's `InfinityRerank`", "`/rerank`", "order and scores of `/prune`")


def llama_nodes() -> list[object]:
    from llama_index.core.schema import NodeWithScore, TextNode

    return [NodeWithScore(node=TextNode(text=d, id_=str(i)), score=0.1) for i, d in enumerate(DOCUMENTS)]


def test_llama_index_tei(url: str, keyed_url: str, expected: Expected, report: Report) -> None:
    from llama_index.postprocessor.tei_rerank import TextEmbeddingInference

    found = TextEmbeddingInference(base_url=url, top_n=2).postprocess_nodes(llama_nodes(), query_str=QUERY)
    expected.check([(int(n.node_id), n.score) for n in found], top=2)
    keyed = TextEmbeddingInference(base_url=keyed_url, auth_token="Bearer " + KEY)
    assert len(keyed.postprocess_nodes(llama_nodes(), query_str=QUERY)) == 3
    report("clients", "llama-index-postprocessor-tei-rerank", "`TextEmbeddingInference`, open and with a key", "`/rerank`", "order and scores of `/prune`")


def test_llama_index_jina(url: str, expected: Expected, report: Report) -> None:
    from llama_index.postprocessor.jinaai_rerank import JinaRerank

    rerank = JinaRerank(base_url=url + "/v1", api_key="any", top_n=3)
    found = rerank.postprocess_nodes(llama_nodes(), query_str=QUERY)
    expected.check([(int(n.node_id), n.score) for n in found])
    with pytest.raises(RuntimeError, match="must hold a question"):
        rerank.postprocess_nodes(llama_nodes(), query_str=" ")
    report("clients", "llama-index-postprocessor-jinaai-rerank", "`JinaRerank`; blank query", "`/v1/rerank`", "order and scores of `/prune`; `RuntimeError` with the rule")


def test_llama_index_cohere(url: str, expected: Expected, report: Report) -> None:
    from llama_index.postprocessor.cohere_rerank import CohereRerank

    found = CohereRerank(base_url=url, api_key="any", top_n=3).postprocess_nodes(llama_nodes(), query_str=QUERY)
    expected.check([(int(n.node_id), n.score) for n in found])
    report("clients", "llama-index-postprocessor-cohere-rerank", "`CohereRerank`", "`/v2/rerank`", "order and scores of `/prune`")


def haystack_documents() -> list[object]:
    from haystack import Document

    return [Document(id=str(i), content=d) for i, d in enumerate(DOCUMENTS)]


def test_haystack_tei(url: str, keyed_url: str, expected: Expected, report: Report) -> None:
    from haystack.utils import Secret
    from haystack_integrations.components.rankers.huggingface_api import HuggingFaceTEIRanker
    from haystack_integrations.components.rankers.huggingface_api.ranker import TruncationDirection

    ranker = HuggingFaceTEIRanker(url=url, token=None)
    found = ranker.run(query=QUERY, documents=haystack_documents(), truncation_direction=TruncationDirection.RIGHT)
    expected.check([(int(d.id), d.score) for d in found["documents"]])
    found = asyncio.run(ranker.run_async(query=QUERY, documents=haystack_documents(), top_k=1))
    expected.check([(int(d.id), d.score) for d in found["documents"]], top=1)
    raw = HuggingFaceTEIRanker(url=url, token=None, raw_scores=True).run(query=QUERY, documents=haystack_documents())
    assert [int(d.id) for d in raw["documents"]] == expected.order
    assert raw["documents"][0].score > 1
    with pytest.raises(RuntimeError, match="valid API key"):
        wrong = HuggingFaceTEIRanker(url=keyed_url, token=Secret.from_token("wrong"))
        wrong.run(query=QUERY, documents=haystack_documents())
    report("clients", "huggingface-api-haystack", "`HuggingFaceTEIRanker`, sync and async, truncation `Right`, raw scores; wrong key", "`/rerank`", "order and scores of `/prune`; `RuntimeError` with the reason")


def test_haystack_jina(url: str, expected: Expected, report: Report) -> None:
    from haystack.utils import Secret
    from haystack_integrations.components.rankers.jina import JinaRanker

    ranker = JinaRanker(model="any", api_key=Secret.from_token("any"), base_url=url + "/v1/rerank")
    found = ranker.run(query=QUERY, documents=haystack_documents())
    expected.check([(int(d.id), d.score) for d in found["documents"]])
    with pytest.raises(RuntimeError, match="must hold a question"):
        ranker.run(query=" ", documents=haystack_documents())
    report("clients", "jina-haystack", "`JinaRanker`, `base_url` with the path; blank query", "`/v1/rerank`", "order and scores of `/prune`; `RuntimeError` with the rule")


def test_haystack_cohere(url: str, expected: Expected, report: Report) -> None:
    from haystack.utils import Secret
    from haystack_integrations.components.rankers.cohere import CohereRanker

    ranker = CohereRanker(model="any", api_key=Secret.from_token("any"), api_base_url=url)
    found = ranker.run(query=QUERY, documents=haystack_documents())
    expected.check([(int(d.id), d.score) for d in found["documents"]])
    report("clients", "cohere-haystack", "`CohereRanker`", "`/v2/rerank`", "order and scores of `/prune`")


# LiteLLM's provider, the path it makes, and the keywords it needs beside.
LITELLM = {
    "cohere": ("`/v2/rerank`", {}),
    "jina_ai": ("`/v1/rerank`", {}),
    "hosted_vllm": ("`/rerank`", {}),
    "huggingface": ("`/rerank`", {}),
    # It reads the document of an answer as a bare string, so it must not ask
    # for documents.
    "infinity": ("`/rerank`", {"return_documents": False}),
}


@pytest.mark.parametrize("provider", LITELLM)
def test_litellm(provider: str, url: str, expected: Expected, report: Report) -> None:
    import litellm

    path, keywords = LITELLM[provider]
    answer = litellm.rerank(
        model=provider + "/any", query=QUERY, documents=DOCUMENTS, top_n=2, api_base=url, api_key="any", **keywords
    )
    expected.check([(r["index"], r["relevance_score"]) for r in answer.results], top=2)
    outcome = "order and scores of `/prune`"
    if provider in ("cohere", "jina_ai", "hosted_vllm"):
        pruned = litellm.rerank(
            model=provider + "/any:prune", query=QUERY, documents=DOCUMENTS, api_base=url, api_key="any"
        )
        assert pruned.results[0]["document"]["text"] == expected.texts[1]
        outcome += ", with `:prune` pruned texts"
    how = ", `return_documents=False`" if keywords else ""
    report("clients", "litellm", f"`rerank`, provider `{provider}`{how}", path, outcome)


def test_plain_http(url: str, expected: Expected, report: Report) -> None:
    """What hosts send that are no Python packages, with their oddities."""
    oddities: dict[str, dict[str, object]] = {
        "Open WebUI": {"model": "any", "query": QUERY, "documents": DOCUMENTS, "top_n": len(DOCUMENTS)},
        "Dify": {"model": "any", "query": QUERY, "documents": DOCUMENTS, "top_n": None, "return_documents": True},
        "Xinference in RAGFlow": {
            "model": "any", "query": QUERY, "documents": DOCUMENTS, "return_documents": "true", "return_len": "true",
        },
        "Jina": {"model": "any", "query": QUERY, "documents": [{"text": d} for d in DOCUMENTS]},
    }
    for host, body in oddities.items():
        headers = {"Authorization": "Bearer ", "X-OpenWebUI-User-Name": "Ana"}
        answer = requests.post(url + "/v1/rerank", json=body, headers=headers, timeout=60).json()
        expected.check([(r["index"], r["relevance_score"]) for r in answer["results"]])
        assert [r["document"]["text"] for r in answer["results"]] == [DOCUMENTS[i] for i in expected.order], host
    body = {"model": "any:prune", "query": QUERY, "documents": DOCUMENTS}
    answer = requests.post(url + "/rerank", json=body, timeout=60).json()
    assert [r["document"]["text"] for r in answer["results"]] == [expected.texts[i] for i in expected.order]
    report(
        "clients", "plain HTTP", "bodies and headers of Open WebUI, Dify, RAGFlow, Jina", "`/rerank`, `/v1/rerank`",
        "order and scores of `/prune`, every index, texts; with `:prune` pruned texts", release="-",
    )
