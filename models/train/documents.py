"""Documents for a query: a labelled passage, one made worse, or one that does not answer."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

import shared  # noqa: F401
import dressing
import numpy as np
from answers import Answers
from corpus import Corpus, Row
from neighbours import COUNT
from windows import Encoder

RELEVANT, OTHER, IGNORED = 1, 0, -1
# Mean rank of a near passage among those next to the query.
NEAR_RANK = 6


@dataclass(frozen=True)
class Unit:
    """One unit of a document; `number` is its place in the corpus, -1 for made ones."""

    tokens: list[int]
    label: int
    number: int = -1


class Documents:
    """Makes documents. `kinds` are the ways: each gives units, or None where the row does not allow it."""

    def __init__(self, corpus: Corpus, encoder: Encoder, neighbours: np.ndarray, config: dict):
        """For neighbours see neighbours.load; config has `sets` and `edge_share`."""
        self._corpus, self._encoder, self._neighbours, self._config = corpus, encoder, neighbours, config
        self._answers = Answers(corpus)
        self._rows = {(r.query, r.passage): r for r in corpus.rows if r.positive}
        self._titled = defaultdict(set)
        for number, passage in enumerate(corpus.passages):
            if passage.title:
                self._titled[passage.dataset, passage.title].add(number)
        self.kinds = dict(
            plain=self.plain, page=self._page, near=self._near, same_title=self._same_title,
            labelled=self._labelled, removed=self._removed, short=self._short,
            random=self._random, unlabelled=self._unlabelled,
        )  # fmt: skip

    def plain(self, row: Row, rng: random.Random) -> list[Unit]:
        """The labelled passage, sometimes beginning or ending with a relevant unit."""
        units = self._labels(row)
        if rng.random() < self._config["edge_share"]:
            gold = [n for n, u in enumerate(units) if u.label == RELEVANT]
            units = units[gold[0] :] if rng.random() < 0.5 else units[: gold[-1] + 1]
        return units

    def _page(self, row: Row, rng: random.Random) -> list[Unit]:
        """The passage among others, at times with a second one that answers."""
        parts = [(row.passage, self._labels(row))]
        others = sorted(self._answers.passages[row.query] - {row.passage})
        if others and rng.random() < 0.4:
            second = self._rows[row.query, rng.choice(others)]
            parts.append((second.passage, self._labels(second)))
        for _ in range(rng.randint(1, 3)):
            found = self._filler(row, rng)
            if found is not None and found not in [p for p, _ in parts]:
                parts.append((found, self._units(found, OTHER)))
        rng.shuffle(parts)
        headed = rng.random() < 0.35
        units: list[Unit] = []
        for passage, part in parts:
            if headed:
                units += self._heading(passage, part, rng)
            units += part
        return units

    def _near(self, row: Row, rng: random.Random) -> list[Unit] | None:
        found = self._pick_near(row, rng)
        return None if found is None else self._units(found, OTHER)

    def _same_title(self, row: Row, rng: random.Random) -> list[Unit] | None:
        passage = self._corpus.passages[row.passage]
        numbers = sorted(self._titled[passage.dataset, passage.title]) if passage.title else []
        found = self._first(row, rng.sample(numbers, min(6, len(numbers))))
        return None if found is None else self._units(found, OTHER)

    def _labelled(self, row: Row, rng: random.Random) -> list[Unit] | None:
        """A pair that the source labels as not answering."""
        return None if row.positive else self._units(row.passage, OTHER)

    def _removed(self, row: Row, rng: random.Random) -> list[Unit] | None:
        """The passage without what answers: unanswerable, though all else fits."""
        if not self._config["sets"][row.dataset].get("removable", False):
            return None
        units = [u for u in self._labels(row) if u.label == OTHER and not self._answers.stated(row, self._corpus.units[u.number])]
        return units or None

    def _short(self, row: Row, rng: random.Random) -> list[Unit]:
        """One or two units, with or without the relevant one."""
        units = self._labels(row)
        at = rng.choice([n for n, u in enumerate(units) if u.label == RELEVANT])
        first = max(0, at - rng.randint(0, 1))
        return units[first : first + rng.randint(1, 2)]

    def _random(self, row: Row, rng: random.Random) -> list[Unit] | None:
        found = self._first(row, [rng.randrange(len(self._corpus.passages)) for _ in range(6)])
        return None if found is None else self._units(found, OTHER)

    def _unlabelled(self, row: Row, rng: random.Random) -> list[Unit] | None:
        """A near passage that may answer: only the teacher's order is learned."""
        near = [int(p) for p in self._neighbours[row.query] if p >= 0 and p not in self._answers.passages[row.query]]
        maybe = [p for p in near if self._answers.possible(row, p)] or near[:3]
        return self._units(rng.choice(maybe), IGNORED) if maybe else None

    def dressed(self, row: Row, units: list[Unit], rng: random.Random) -> list[Unit]:
        """The document as a page: lines around it, rarely a relevant unit in a table row."""
        title = self._corpus.passages[row.passage].title
        answering = any(u.label == RELEVANT for u in units)
        above = dressing.above(title, rng) if rng.random() < 0.8 else []
        below = self._made(dressing.below(rng), OTHER) if rng.random() < 0.8 else []
        if title and rng.random() < 0.15:
            units = [self._in_row(title, u) if u.label == RELEVANT else u for u in units]
        head = [u for line in above for u in self._made([line], IGNORED if answering and line == title else OTHER)]
        return head + units + below

    def _in_row(self, title: str, unit: Unit) -> Unit:
        """A unit of the corpus as a cell; the teacher still reads it without the row."""
        text = dressing.row(title, self._corpus.units[unit.number]) if unit.number >= 0 else ""
        return Unit(self._encoder.tokens([text])[0], unit.label, unit.number) if text else unit

    def _labels(self, row: Row) -> list[Unit]:
        passage = self._corpus.passages[row.passage]
        partial = self._config["sets"][row.dataset].get("partial", False)
        units = []
        for at, number in enumerate(passage.units):
            label = RELEVANT if at in row.gold else OTHER
            if label == OTHER and (number in self._answers.units[row.query] or partial and self._answers.stated(row, self._corpus.units[number])):
                label = IGNORED
            units.append(Unit(self._corpus.unit_tokens[number], label, number))
        return units

    def _units(self, passage: int, label: int) -> list[Unit]:
        tokens = self._corpus.unit_tokens
        return [Unit(tokens[n], label, n) for n in self._corpus.passages[passage].units]

    def _heading(self, passage: int, part: list[Unit], rng: random.Random) -> list[Unit]:
        title = self._corpus.passages[passage].title
        text = title if title and rng.random() < 0.7 else dressing.heading(title, rng)
        answering = any(u.label == RELEVANT for u in part)
        return self._made([text], IGNORED if answering else OTHER)

    def _made(self, texts: list[str], label: int) -> list[Unit]:
        return [Unit(t, label) for t in self._encoder.tokens(texts) if t]

    def _filler(self, row: Row, rng: random.Random) -> int | None:
        if rng.random() < 0.6:
            return self._pick_near(row, rng)
        return self._first(row, [rng.randrange(len(self._corpus.passages)) for _ in range(4)])

    def _pick_near(self, row: Row, rng: random.Random) -> int | None:
        """A near passage that cannot answer; nearer ones come more often."""
        near = self._neighbours[row.query].reshape(-1, COUNT)
        ranks = [min(int(rng.expovariate(1 / NEAR_RANK)), COUNT - 1) for _ in range(8)]
        return self._first(row, [int(near[rng.randrange(len(near)), r]) for r in ranks])

    def _first(self, row: Row, passages: list[int]) -> int | None:
        return next((p for p in passages if p >= 0 and not self._answers.possible(row, p)), None)
