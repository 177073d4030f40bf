"""What pruning is judged by, for one pair and over many."""

from __future__ import annotations

import numpy as np

from devdata import Pair


def average_precision(pair: Pair, scores: np.ndarray) -> float:
    """Average precision of the gold sentences in the order of the scores."""
    order = np.argsort(-scores, kind="stable")
    hits = np.isin(order, pair.relevant)
    ranks = np.cumsum(hits) / np.arange(1, len(order) + 1)
    return float(ranks[hits].mean()) if hits.any() else 0.0


def survives(pair: Pair, keep: np.ndarray) -> bool:
    """Whether a gold sentence is kept or an answer occurs in what is kept."""
    if keep[pair.relevant].any():
        return True
    text = " ".join(unit for unit, kept in zip(pair.units, keep) if kept).lower()
    return any(answer.lower() in text for answer in pair.answers if answer.strip())


def removed(pair: Pair, keep: np.ndarray) -> float:
    """Share of the characters that is not kept."""
    lengths = np.array([len(unit) for unit in pair.units])
    return float(1 - lengths[keep].sum() / lengths.sum())


def kept_mean(tokens: list[np.ndarray], threshold: float) -> np.ndarray:
    """Mean probability above the threshold (OpenProvence)."""
    return np.array([len(t) > 0 and t.mean() > threshold for t in tokens])


def kept_majority(tokens: list[np.ndarray], threshold: float) -> np.ndarray:
    """More than half of the tokens above the threshold (Provence, section 3)."""
    return np.array([len(t) > 0 and (t > threshold).mean() > 0.5 for t in tokens])


def kept_ratio(tokens: list[np.ndarray], threshold: float) -> np.ndarray:
    """A share of tokens above the threshold that itself exceeds it (Provence's code)."""
    return np.array([len(t) > 0 and (t > threshold).mean() > threshold for t in tokens])


RULES = {"mean": kept_mean, "majority": kept_majority, "ratio": kept_ratio}


def trade(pairs: list[Pair], keeps: list[np.ndarray]) -> tuple[float, float]:
    """Share of the pairs whose answer survives, and mean share of characters removed."""
    kept = np.mean([survives(p, k) for p, k in zip(pairs, keeps)])
    return float(kept), float(np.mean([removed(p, k) for p, k in zip(pairs, keeps)]))


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Chance that a positive scores above a negative, ties counting half."""
    above = (positive[:, None] > negative).mean()
    return float(above + 0.5 * (positive[:, None] == negative).mean())
