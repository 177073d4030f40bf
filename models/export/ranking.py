"""BM25 and reciprocal rank fusion of the units of one text.

This is the Python statement of what package rerank does in Go with a request of
one document.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

SATURATION, LENGTH_NORM = 1.2, 0.75
RANK_DAMPING = 60
WORD = re.compile(r"[^\W_]+")


def bm25(query: str, units: list[str]) -> np.ndarray:
    """Scores 0 to 1: the share of what a unit could reach."""
    terms = list(dict.fromkeys(words(query)))
    counts = [Counter(words(u)) for u in units]
    lengths = np.array([sum(c.values()) for c in counts], dtype=float)
    found = np.array([sum(t in c for c in counts) for t in terms])
    idf = np.log(1 + (len(units) - found + 0.5) / (found + 0.5))
    best = idf.sum() * (SATURATION + 1)
    if not best:
        return np.zeros(len(units))
    norm = SATURATION * (1 - LENGTH_NORM + LENGTH_NORM * lengths / max(lengths.mean(), 1e-9))
    hits = np.array([[c[t] for t in terms] for c in counts], dtype=float)
    scores = (idf * hits * (SATURATION + 1) / (hits + norm[:, None])).sum(axis=1) / best
    return np.minimum(scores, 1)


def words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def hybrid(*rankings: np.ndarray) -> np.ndarray:
    """Share of the units that reciprocal rank fusion does not put above a unit."""
    fused = sum(1 / (RANK_DAMPING + 1 + (r[None, :] > r[:, None]).sum(axis=1)) for r in rankings)
    # Equal up to rounding is equal.
    fused = np.round(fused, 12)
    return (fused[None, :] <= fused[:, None]).mean(axis=1)
