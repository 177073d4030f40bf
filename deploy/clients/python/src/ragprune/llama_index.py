"""For LlamaIndex: a postprocessor that prunes what a retriever found."""

from __future__ import annotations

from collections.abc import Sequence

from llama_index.core.bridge.pydantic import Field, SecretStr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, MetadataMode, NodeWithScore, QueryBundle

from ragprune.client import DEFAULT_TIMEOUT, DEFAULT_URL
from ragprune.pruning import METADATA, OnError, Pruned, Pruning
from ragprune.types import PruneOptions


class RagprunePostprocessor(BaseNodePostprocessor):
    """Prunes nodes to what helps to answer the query.

    Ids, metadata and relationships stay; the keys of ragprune.pruning are added to
    the metadata and kept out of what models read. The score of a node becomes its
    relevance score.
    """

    url: str = Field(default=DEFAULT_URL, description="The address of the server.")
    key: SecretStr | None = Field(default=None, description="The API key, if the server asks for one.")
    timeout: float = Field(default=DEFAULT_TIMEOUT, description="In seconds.")
    options: PruneOptions = Field(
        default_factory=PruneOptions, description="How to prune: the fields of /prune, such as max_tokens and preset."
    )
    html: bool = Field(default=False, description="The nodes are HTML.")
    drop_empty: bool = Field(default=True, description="Leave out nodes of which nothing is kept.")
    on_error: OnError = Field(
        default="original", description="Give the nodes back as they were and say so, or raise."
    )

    @classmethod
    def class_name(cls) -> str:
        """The name under which the class is serialised."""
        return "RagprunePostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return _nodes(nodes, self._pruning().prune(_query(query_bundle), *_sent(nodes)))

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return _nodes(nodes, await self._pruning().aprune(_query(query_bundle), *_sent(nodes)))

    def _pruning(self) -> Pruning:
        return Pruning(
            url=self.url,
            key=self.key.get_secret_value() if self.key else None,
            timeout=self.timeout,
            options=self.options,
            html=self.html,
            drop_empty=self.drop_empty,
            on_error=self.on_error,
        )


def _query(bundle: QueryBundle | None) -> str:
    if bundle is None:
        raise ValueError("ragprune needs a query: pass query_bundle or query_str")
    return bundle.query_str


def _sent(nodes: Sequence[NodeWithScore]) -> tuple[list[str], list[float | None]]:
    return [n.node.get_content(MetadataMode.NONE) for n in nodes], [n.score for n in nodes]


def _nodes(originals: Sequence[NodeWithScore], pruned: Sequence[Pruned]) -> list[NodeWithScore]:
    out = []
    for p in pruned:
        original = originals[p.index]
        node: BaseNode = original.node.model_copy()
        node.metadata = {**node.metadata, **p.metadata}
        node.excluded_llm_metadata_keys = _with_ours(node.excluded_llm_metadata_keys)
        node.excluded_embed_metadata_keys = _with_ours(node.excluded_embed_metadata_keys)
        if p.text is not None:
            node.set_content(p.text)
        out.append(NodeWithScore(node=node, score=original.score if p.score is None else p.score))
    return out


def _with_ours(keys: Sequence[str]) -> list[str]:
    return [*keys, *(k for k in METADATA if k not in keys)]
