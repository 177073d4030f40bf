"""Calibration of units: the same numbers as labeler.Calibrate, and a fit that finds them."""

import random
import unittest

import numpy as np

import units
from devdata import Pair


def pair(relevant: list[int], count: int, positive: bool = True) -> Pair:
    return Pair("1", "made", "q", "", ["u"] * count, relevant, [], positive)


class TestUnits(unittest.TestCase):
    def test_known_values(self):
        """Odds of 1, 1/3 and 1/9 sum to 13/9; 0 is a unit without tokens."""
        got = units.UnitCalibration(2, -1, 0).apply(np.array([0.5, 0.25, 0, 0.1]))
        want = [x / (x + 13 / 9) for x in (1, 1 / 9, 0, 1 / 81)]
        np.testing.assert_allclose(got, want, atol=1e-9)

    def test_unset_leaves_scores(self):
        scores = np.array([0.2, 0.0, 0.9])
        np.testing.assert_allclose(units.UnitCalibration().apply(scores), scores, atol=1e-9)

    def test_fit_finds_what_labels_were_drawn_from(self):
        truth = units.UnitCalibration(1.3, -0.5, 0.2)
        rng, draw = np.random.default_rng(1), random.Random(2)
        pairs, scores = [], []
        for _ in range(3000):
            values = rng.uniform(0.01, 0.99, draw.randint(2, 9))
            labels = rng.uniform(size=len(values)) < truth.apply(values)
            pairs.append(pair(list(np.flatnonzero(labels)), len(values)))
            scores.append(values)
        got = units.fit([(1.0, pairs, scores)])
        np.testing.assert_allclose((got.scale, got.context, got.bias), (1.3, -0.5, 0.2), atol=0.1)

    def test_fit_takes_weights(self):
        """A text that does not answer has no relevant unit, whatever it lists, and counts by its weight."""
        values = [np.array([0.3, 0.6])] * 20
        answers = (0.5, [pair([1], 2)] * 10 + [pair([0], 2)] * 10, values)
        few, many = ([answers, (w, [pair([1], 2, positive=False)] * 20, values)] for w in (0.1, 2.0))
        self.assertLess(units.fit(many).apply(values[0])[1], units.fit(few).apply(values[0])[1])


if __name__ == "__main__":
    unittest.main()
