import unittest

import losses
import torch
from batches import Batch, collate
from examples import Example
from lengths import grouped
from student import Outputs
from windows import plan

CONFIG = {"relevant_weight": 2, "temperature": 1.5}
NAN = float("nan")


def example(units, labels, teacher, answerable):
    window = plan([7, 8], units, 64, 0)
    return Example(window[0], labels, teacher, answerable, "plain")


def batch(teacher=(3.0, 1.0, NAN)) -> Batch:
    first = example([[11, 12], [13], [14, 15, 16]], [1, 0, -1], list(teacher), 1)
    return collate([first, example([[21], [22, 23]], [0, 0], [NAN, NAN], 0)])


def outputs(made: Batch, relevant: float, other: float) -> Outputs:
    target = torch.where(made.unit >= 0, made.labels[made.unit.clamp(min=0)], -1)
    return Outputs(torch.where(target == 1, relevant, other), torch.where(made.answerable == 1, relevant, other))


class LossesTest(unittest.TestCase):
    def test_small_where_right_large_where_wrong(self):
        made = batch()
        right, wrong = (losses.parts(outputs(made, *v), made, CONFIG) for v in ((8.0, -8.0), (-8.0, 8.0)))
        for name in ("token", "unit", "rank"):
            self.assertLess(float(right[name]), 0.01, name)
            self.assertGreater(float(wrong[name]), 5, name)

    def test_a_long_unit_counts_as_much_as_a_short_one(self):
        long, short = (collate([example([[11] * size, [12]], [0, 0], [NAN, NAN], 0)]) for size in (20, 1))
        values = []
        for made in (long, short):
            keep = torch.where(made.unit == 0, 2.0, -2.0)
            values.append(float(losses.parts(Outputs(keep, torch.zeros(1)), made, CONFIG)["token"]))
        self.assertAlmostEqual(values[0], values[1], places=5)

    def test_ignored_units_and_padding_change_nothing(self):
        made = batch()
        before, changed = outputs(made, 1.0, -1.0), outputs(made, 1.0, -1.0)
        ignored = (made.unit < 0) | (made.labels[made.unit.clamp(min=0)] < 0)
        changed.keep[ignored] = 50.0
        a, b = losses.parts(before, made, CONFIG), losses.parts(changed, made, CONFIG)
        for name in a:
            self.assertEqual(float(a[name]), float(b[name]), name)

    def test_order_is_zero_for_the_teachers_order(self):
        made = batch()
        keep = torch.zeros(made.unit.shape)
        keep[made.unit == 0], keep[made.unit == 1] = 1.0, -1.0
        same = losses.parts(Outputs(keep, torch.zeros(2)), made, CONFIG)["order"]
        other = losses.parts(Outputs(-keep, torch.zeros(2)), made, CONFIG)["order"]
        self.assertAlmostEqual(float(same), 0, places=5)
        self.assertGreater(float(other), 0.5)

    def test_no_teacher_no_order(self):
        made = batch((NAN, NAN, NAN))
        self.assertEqual(float(losses.parts(outputs(made, 1.0, -1.0), made, CONFIG)["order"]), 0)


class GroupedTest(unittest.TestCase):
    def test_every_position_once_within_the_budget(self):
        lengths = [5, 90, 17, 17, 64, 3, 41, 100, 8, 30]
        groups = grouped(lengths, 100)
        self.assertEqual(sorted(n for g in groups for n in g), list(range(len(lengths))))
        self.assertTrue(all(len(g) * max(lengths[n] for n in g) <= 100 for g in groups))


if __name__ == "__main__":
    unittest.main()
