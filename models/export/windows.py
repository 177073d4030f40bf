"""Text to model input: units to tokens, tokens to windows, logits to unit scores.

This is the Python statement of what package labeler does in Go. A window is

    [CLS] query [SEP] context core context [SEP]

Only the core is judged by its window; the context on either side is judged by
the neighbouring windows. Token types are 0 up to and including the first
[SEP], 1 after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

CLS, SEP = 101, 102
QUERY_TOKENS = 64
SPECIAL_TOKENS = 3


@dataclass(frozen=True)
class Window:
    """One pass of the encoder.

    `pieces` lists the core: (unit, start, end) with token positions in `ids`.
    A unit longer than a window has pieces in several windows.
    """

    ids: list[int]
    types: list[int]
    pieces: list[tuple[int, int, int]]

    def inputs(self) -> dict[str, np.ndarray]:
        ids = np.array([self.ids], dtype=np.int64)
        return {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.array([self.types], dtype=np.int64),
        }


class Encoder:
    """Tokenises with special-token matching off: a literal [SEP] is plain text."""

    def __init__(self, tokenizer_file: Path):
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.encode_special_tokens = True
        # Published files may pad and cut; the service does neither.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def tokens(self, texts: list[str]) -> list[list[int]]:
        encoded = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return [e.ids for e in encoded]

    def windows(self, query: str, units: list[str], size: int, overlap: int) -> list[Window]:
        """Windows of at most size tokens that together judge every token once."""
        head = self.tokens([query])[0][:QUERY_TOKENS]
        return plan(head, self.tokens(units), size, overlap)


def plan(query: list[int], units: list[list[int]], size: int, overlap: int) -> list[Window]:
    """Cuts the units' tokens into cores with overlap tokens of context on each side.

    Cores are of similar length and end with a unit where one ends in reach.
    """
    stream = [t for unit in units for t in unit]
    total, room = len(stream), size - len(query) - SPECIAL_TOKENS
    if total <= room:
        return [_window(query, stream, _pieces(units, 0, total), 0, total)]
    limit = room - 2 * overlap
    count = -(-total // limit)
    target = -(-total // count)
    borders = np.cumsum([len(unit) for unit in units])
    windows, start = [], 0
    while start < total:
        end = _core_end(borders, start, target, limit)
        first, last = max(0, start - overlap), min(total, end + overlap)
        windows.append(_window(query, stream, _pieces(units, start, end), first, last))
        start = end
    return windows


def _core_end(borders: np.ndarray, start: int, target: int, limit: int) -> int:
    """The first unit end from target to limit tokens on, else the last before, else limit."""
    reach = borders[(borders > start) & (borders <= start + limit)]
    late = reach[reach >= start + target]
    if len(late):
        return int(late[0])
    return int(reach[-1]) if len(reach) else start + limit


def _pieces(units: list[list[int]], start: int, end: int) -> list[tuple[int, int, int]]:
    """The parts of units within the tokens start to end of the stream."""
    pieces, at = [], 0
    for number, unit in enumerate(units):
        first, last = max(at, start), min(at + len(unit), end)
        if first < last:
            pieces.append((number, first, last))
        at += len(unit)
    return pieces


def _window(query, stream, pieces, first, last) -> Window:
    head = [CLS, *query, SEP]
    shift = len(head) - first
    return Window(
        ids=[*head, *stream[first:last], SEP],
        types=[0] * len(head) + [1] * (last - first + 1),
        pieces=[(unit, start + shift, end + shift) for unit, start, end in pieces],
    )


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-np.asarray(x, dtype=np.float64)))


def token_scores(windows: list[Window], keep_logits: list[np.ndarray], units: int) -> list[np.ndarray]:
    """Per unit the keep probabilities of its tokens; empty for a unit without tokens."""
    parts: list[list[np.ndarray]] = [[] for _ in range(units)]
    for window, logits in zip(windows, keep_logits):
        probabilities = sigmoid(logits)
        for unit, start, end in window.pieces:
            parts[unit].append(probabilities[start:end])
    return [np.concatenate(p) if p else np.zeros(0) for p in parts]


def means(tokens: list[np.ndarray]) -> np.ndarray:
    """Per unit the mean probability, 0 for a unit without tokens."""
    return np.array([t.mean() if len(t) else 0.0 for t in tokens])
