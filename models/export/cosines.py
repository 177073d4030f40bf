"""Cosines of queries and units by an embedder bundle, kept in a file so that a run can be continued.

This is the Python statement of what package rerank does in Go: texts run one
by one and unpadded, long ones in windows, and the nearest window counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from devdata import Pair
from scoring import session
from windows import CLS, SEP, Encoder, Window


class Embedder:
    """A bundle's vectors. run, if given, stands in for its graph."""

    def __init__(self, bundle: Path, threads: int, run: Callable[[dict], np.ndarray] | None = None):
        manifest = json.loads((bundle / "manifest.json").read_text())
        self._encoder = Encoder(bundle / manifest["tokenizer"])
        self._run = run or graph(bundle / manifest["model"], threads)
        self._how = manifest["embedding"]
        self._window, self._overlap = manifest["window_tokens"], manifest["overlap_tokens"]
        self.read = 0

    def query(self, text: str) -> np.ndarray:
        """Vectors [windows, dimensions] of a query."""
        return self.texts([self._how["query_prefix"] + text])[0]

    def texts(self, texts: list[str]) -> list[np.ndarray]:
        """Vectors [windows, dimensions] of each text; no windows for a text without tokens."""
        return [
            np.stack([self._vector(part) for part in parts]) if parts else np.zeros((0, self._how["dimensions"]))
            for parts in map(self.windows, self._encoder.tokens(texts))
        ]

    def windows(self, tokens: list[int]) -> list[list[int]]:
        """Parts of similar length that fit a window and overlap."""
        total, room, overlap = len(tokens), self._window - 2, self._overlap
        if total <= room:
            return [tokens] if tokens else []
        count = -(-(total - overlap) // (room - overlap))
        size = -(-(total + overlap * (count - 1)) // count)
        starts = range(0, total - overlap, size - overlap)
        return [tokens[s : s + size] for s in starts]

    def _vector(self, tokens: list[int]) -> np.ndarray:
        ids = [CLS, *tokens, SEP]
        self.read += len(ids)
        inputs = Window(ids=ids, types=[0] * len(ids), pieces=[]).inputs()
        hidden = self._run(inputs)
        vector = hidden[0] if self._how["pooling"] == "cls" else hidden.mean(axis=0)
        return vector / np.linalg.norm(vector)


def graph(model: Path, threads: int) -> Callable[[dict], np.ndarray]:
    """Inputs to the last layer [tokens, dimensions] of one sequence."""
    opened = session(model, threads)
    return lambda inputs: opened.run(None, inputs)[0][0]


class CosineScorer:
    """Cosines of all units of pairs, as package prune computes them: texts at 8 bits."""

    def __init__(self, bundle: Path, cache: Path, threads: int):
        self._embedder = Embedder(bundle, threads)
        self._cache = cache
        self._name = str(json.loads((bundle / "manifest.json").read_text())["files"]["model.onnx"][:12])
        self._known: dict[str, list[float]] = {}
        if cache.exists():
            with open(cache, encoding="utf-8") as f:
                self._known = {row["key"]: row["cosines"] for row in map(json.loads, f)}

    def score(self, pairs: list[Pair], label: str) -> list[np.ndarray]:
        return [np.array(self._one(p)) for p in tqdm(pairs, desc=label, unit="pair", mininterval=5)]

    def _one(self, pair: Pair) -> list[float]:
        key = f"{self._name}|{pair.id}|{pair.query}"
        if key not in self._known:
            query = self._embedder.query(pair.query)
            texts = self._embedder.texts(pair.units)
            cosines = [float((stored(t) @ stored(query).T).max()) if len(t) else 0.0 for t in texts]
            self._known[key] = [round(min(c, 1.0), 5) for c in cosines]
            with open(self._cache, "a", encoding="utf-8") as f:
                f.write(json.dumps({"key": key, "cosines": self._known[key]}) + "\n")
        return self._known[key]


def stored(vectors: np.ndarray) -> np.ndarray:
    """Vectors as they come back from the cache: 8 bits a number, one scale a vector."""
    scale = np.abs(vectors).max(axis=1, keepdims=True) / 127
    return np.round(vectors / scale) * scale
