"""Client of ragprune: keeps the sentences and blocks of retrieved documents that
help to answer a query.

    client.py       Client and AsyncClient
    lines.py        answers that come line by line
    types.py        what they take and give
    errors.py       what they raise
    pruning.py      what the adapters of the frameworks share
    langchain.py    RagpruneCompressor, a BaseDocumentCompressor
    llama_index.py  RagprunePostprocessor, a BaseNodePostprocessor
    haystack.py     RagprunePruner, a component

The modules of the frameworks are imported by name, as each needs its own
framework: ``from ragprune.langchain import RagpruneCompressor``.
"""

from ragprune.client import AsyncClient, Client
from ragprune.errors import ApiError, FieldProblem, RagpruneError, TransportError
from ragprune.types import (
    Answer,
    Degraded,
    Document,
    Event,
    Keep,
    Kept,
    Mark,
    MessageContext,
    MessagesAnswer,
    Piece,
    PruneOptions,
    Question,
    Ranked,
    Result,
    Tokens,
    Usage,
    Warning_,
)

__all__ = [
    "Answer",
    "ApiError",
    "AsyncClient",
    "Client",
    "Degraded",
    "Document",
    "Event",
    "FieldProblem",
    "Keep",
    "Kept",
    "Mark",
    "MessageContext",
    "MessagesAnswer",
    "Piece",
    "PruneOptions",
    "Question",
    "RagpruneError",
    "Ranked",
    "Result",
    "Tokens",
    "TransportError",
    "Usage",
    "Warning_",
]
