"""Calibration of the scores of units beside those of their document.

The same as labeler.Calibrate in Go: sigmoid(scale * z + context * c + bias),
z the logit of a unit's score and c the logarithm of the summed exp(z) of all
units of the document.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from devdata import Pair
from windows import sigmoid

# A score nearer to 0 or 1 counts as this; the same in package rerank.
SMALLEST = 1e-6


@dataclass(frozen=True)
class UnitCalibration:
    """Leaves scores as they are unless told otherwise."""

    scale: float = 1.0
    context: float = 0.0
    bias: float = 0.0

    def apply(self, scores: np.ndarray) -> np.ndarray:
        """The scores of all units of one document; 0, a unit without tokens, stays 0."""
        out, read = np.zeros(len(scores)), scores > 0
        if read.any():
            z, c = features(scores[read]).T
            out[read] = sigmoid(self.scale * z + self.context * c + self.bias)
        return out


def logits(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, SMALLEST, 1 - SMALLEST)
    return np.log(p / (1 - p))


def features(scores: np.ndarray) -> np.ndarray:
    """z and c of every unit [units, 2]."""
    z = logits(scores)
    return np.stack([z, np.full(len(z), np.log(np.exp(z).sum()))], axis=1)


def fit(groups: list[tuple[float, list[Pair], list[np.ndarray]]]) -> UnitCalibration:
    """Logistic regression on groups of pairs and the scores of their units.

    A group has a weight, which its pairs share evenly, and so do the units of a
    pair. Units of a pair that is not positive are not relevant.
    """
    x, y, w = [], [], []
    for weight, pairs, scores in groups:
        for pair, values in zip(pairs, scores):
            read = values > 0
            if not read.any():
                continue
            x.append(features(values[read]))
            gold = np.isin(np.arange(len(values)), pair.relevant) & pair.positive
            y.append(gold[read])
            w.append(np.full(read.sum(), weight / len(pairs) / read.sum()))
    x, y, w = np.concatenate(x), np.concatenate(y), np.concatenate(w)
    found = LogisticRegression(C=1e6, max_iter=1000).fit(x, y, sample_weight=w * len(w) / w.sum())
    scale, context = found.coef_[0]
    return UnitCalibration(*(round(float(v), 4) for v in (scale, context, found.intercept_[0])))
