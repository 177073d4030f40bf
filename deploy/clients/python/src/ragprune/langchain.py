"""For LangChain: a compressor that prunes what a retriever found."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.callbacks import Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from pydantic import ConfigDict, Field, SecretStr

from ragprune.client import DEFAULT_TIMEOUT, DEFAULT_URL
from ragprune.pruning import OnError, Pruned, Pruning
from ragprune.types import PruneOptions


class RagpruneCompressor(BaseDocumentCompressor):
    """Prunes documents to what helps to answer the query.

    Ids and metadata stay; the keys of ragprune.pruning are added to the metadata.
    It is used by ContextualCompressionRetriever, or by itself.
    """

    model_config = ConfigDict(extra="forbid")

    url: str = DEFAULT_URL
    """The address of the server."""
    key: SecretStr | None = None
    """The API key, if the server asks for one."""
    timeout: float = DEFAULT_TIMEOUT
    """In seconds."""
    options: PruneOptions = Field(default_factory=PruneOptions)
    """How to prune: the fields of /prune, such as max_tokens and preset."""
    html: bool = False
    """The documents are HTML."""
    drop_empty: bool = True
    """Leave out documents of which nothing is kept."""
    on_error: OnError = "original"
    """Give the documents back as they were and say so, or raise."""

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """The documents pruned."""
        return _documents(documents, self._pruning().prune(query, *_sent(documents)))

    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """The documents pruned."""
        return _documents(documents, await self._pruning().aprune(query, *_sent(documents)))

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


def _sent(documents: Sequence[Document]) -> tuple[list[str], list[None]]:
    return [d.page_content for d in documents], [None] * len(documents)


def _documents(originals: Sequence[Document], pruned: Sequence[Pruned]) -> list[Document]:
    out = []
    for p in pruned:
        original = originals[p.index]
        update: dict[str, object] = {"metadata": {**original.metadata, **p.metadata}}
        if p.text is not None:
            update["page_content"] = p.text
        out.append(original.model_copy(update=update))
    return out
