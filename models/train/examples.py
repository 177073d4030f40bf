"""Training examples made on the fly; example number N is the same in every run.

An example is one window as the service would show it to the model, with a
label for every unit that the window judges. The kinds are methods of Builder;
their mixture and the shares of the sets come from the config.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace

import shared  # noqa: F401
import dressing
import numpy as np
import wording
from corpus import Corpus, Row
from neighbours import COUNT
from teacher import Teacher
from windows import QUERY_TOKENS, Encoder, Window, plan

RELEVANT, OTHER, IGNORED = 1, 0, -1
# A window whose nearest relevant unit is so near outside may hold it as
# context: its rank label is left open.
CONTEXT_UNITS = 3
# Mean rank of a near passage among those next to the query.
NEAR_RANK = 6
SIZES, SIZE_SHARES, OVERLAP = (256, 272, 192, 128, 384), (50, 15, 15, 12, 8), 32
NO_STRING = ("yes", "no", "true", "false", "none")


@dataclass(frozen=True)
class Unit:
    """One unit of a document; `number` is its place in the corpus, -1 for made ones."""

    tokens: list[int]
    label: int
    number: int = -1


@dataclass(frozen=True)
class Example:
    """`labels` and `teacher` have one entry a piece of the window.

    teacher is nan where no order is taught; answerable is 1, 0 or IGNORED.
    """

    window: Window
    labels: list[int]
    teacher: list[float]
    answerable: int
    kind: str


@dataclass(frozen=True)
class Draft:
    """An example before the teachers score it; `units` are the corpus numbers of its pieces."""

    example: Example
    query: int
    units: list[int]
    taught: bool


class Builder:
    def __init__(
        self,
        corpus: Corpus,
        encoder: Encoder,
        teachers: list[tuple[float, Teacher]],
        neighbours: np.ndarray,
        config: dict,
    ):
        """teachers have weights; for neighbours see neighbours.load."""
        self._corpus, self._encoder = corpus, encoder
        self._teachers, self._neighbours = teachers, neighbours
        self._config = config
        self._gold = corpus.gold_units()
        self._positives, self._negatives = defaultdict(list), defaultdict(list)
        self._paired, self._titled = defaultdict(set), defaultdict(set)
        for row in corpus.rows:
            (self._positives if row.positive else self._negatives)[row.dataset].append(row)
            if row.positive:
                self._paired[row.query].add(row.passage)
        self._rows = {(r.query, r.passage): r for r in corpus.rows if r.positive}
        for number, passage in enumerate(corpus.passages):
            if passage.title:
                self._titled[passage.dataset, passage.title].add(number)
        self._sets = [name for name in config["sets"] if self._positives[name]]
        self._shares = [config["sets"][name]["share"] for name in self._sets]
        self._kinds = dict(
            plain=self._plain, page=self._page, near=self._near, same_title=self._same_title,
            labelled=self._labelled, removed=self._removed, short=self._short,
            random=self._random, unlabelled=self._unlabelled,
        )  # fmt: skip

    def build(self, numbers: range) -> list[Example]:
        """The examples of these numbers. Teachers score them together, which is faster."""
        made = [self._one(n) for n in numbers]
        texts = {u for draft in made if draft.taught for u in draft.units if u >= 0}
        for _, teacher in self._teachers:
            teacher.queries.fill({draft.query for draft in made if draft.taught})
            teacher.units.fill(texts)
        return [replace(draft.example, teacher=self._scores(draft)) for draft in made]

    def _one(self, number: int) -> Draft:
        rng = random.Random(f"{self._config['seed']} {number}")
        mixture = self._config["mixture"]
        kind = rng.choices(list(mixture), list(mixture.values()))[0]
        name = rng.choices(self._sets, self._shares)[0]
        row = rng.choice(self._positives[name])
        if kind == "labelled" and self._negatives[name]:
            row = rng.choice(self._negatives[name])
        units = self._kinds[kind](row, rng)
        if units is None:
            kind, units = "plain", self._plain(row, rng)
        return self._window(row, units, kind, rng)

    # The kinds: units of a document, None where the row does not allow it.

    def _plain(self, row: Row, rng: random.Random) -> list[Unit]:
        """The labelled passage, sometimes beginning or ending with a relevant unit."""
        units = self._labels(row)
        if rng.random() < self._config["edge_share"]:
            gold = [n for n, u in enumerate(units) if u.label == RELEVANT]
            units = units[gold[0] :] if rng.random() < 0.5 else units[: gold[-1] + 1]
        return units

    def _page(self, row: Row, rng: random.Random) -> list[Unit]:
        """The passage among others, at times with a second one that answers."""
        parts = [(row.passage, self._labels(row))]
        others = sorted(self._paired[row.query] - {row.passage})
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
                units.append(self._heading(passage, part, rng))
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
        units = [u for u in self._labels(row) if u.label == OTHER and not self._answers(row, self._corpus.units[u.number])]
        return units or None

    def _short(self, row: Row, rng: random.Random) -> list[Unit]:
        """One or two units, with or without the relevant one."""
        units = self._labels(row)
        at = rng.choice([n for n, u in enumerate(units) if u.label == RELEVANT])
        first = max(0, at - rng.randint(0, 1))
        picked = units[first : first + rng.randint(1, 2)]
        return picked

    def _random(self, row: Row, rng: random.Random) -> list[Unit] | None:
        found = self._first(row, [rng.randrange(len(self._corpus.passages)) for _ in range(6)])
        return None if found is None else self._units(found, OTHER)

    def _unlabelled(self, row: Row, rng: random.Random) -> list[Unit] | None:
        """A near passage that may answer: only the teacher's order is learned."""
        near = [int(p) for p in self._neighbours[row.query] if p >= 0 and p not in self._paired[row.query]]
        maybe = [p for p in near if not self._cannot_answer(row, p)] or near[:3]
        return self._units(rng.choice(maybe), IGNORED) if maybe else None

    # What they are made of.

    def _labels(self, row: Row) -> list[Unit]:
        passage = self._corpus.passages[row.passage]
        partial = self._config["sets"][row.dataset].get("partial", False)
        units = []
        for at, number in enumerate(passage.units):
            label = RELEVANT if at in row.gold else OTHER
            if label == OTHER and (number in self._gold[row.query] or partial and self._answers(row, self._corpus.units[number])):
                label = IGNORED
            units.append(Unit(self._corpus.unit_tokens[number], label, number))
        return units

    def _units(self, passage: int, label: int) -> list[Unit]:
        tokens = self._corpus.unit_tokens
        return [Unit(tokens[n], label, n) for n in self._corpus.passages[passage].units]

    def _heading(self, passage: int, part: list[Unit], rng: random.Random) -> Unit:
        title = self._corpus.passages[passage].title
        text = title if title and rng.random() < 0.7 else dressing.heading(title, rng)
        answering = any(u.label == RELEVANT for u in part)
        return self._made([text], IGNORED if answering else OTHER)[0]

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
        return next((p for p in passages if p >= 0 and self._cannot_answer(row, p)), None)

    def _cannot_answer(self, row: Row, passage: int) -> bool:
        """Not paired with the query, without its relevant units and answers."""
        if passage in self._paired[row.query]:
            return False
        if not self._gold[row.query].isdisjoint(self._corpus.passages[passage].units):
            return False
        return not self._answers(row, self._corpus.text(passage))

    def _answers(self, row: Row, text: str) -> bool:
        text = text.lower()
        return any(a.lower() in text for a in row.answers if len(a) > 2 and a.lower() not in NO_STRING)

    # From a document to an example.

    def _window(self, row: Row, units: list[Unit], kind: str, rng: random.Random) -> Draft:
        if kind not in ("short", "unlabelled") and rng.random() < self._config["dressed_share"]:
            units = self._dressed(row, units, rng)
        units = [u for u in units if u.tokens]
        size = rng.choices(SIZES, SIZE_SHARES)[0]
        query = self._query(row, rng)
        windows = plan(query, [u.tokens for u in units], size, OVERLAP)
        relevant = {n for n, u in enumerate(units) if u.label == RELEVANT}
        answering = [w for w in windows if any(unit in relevant for unit, _, _ in w.pieces)]
        if answering and rng.random() < self._config["answering_share"]:
            windows = answering
        window = rng.choice(windows)
        inside = [unit for unit, _, _ in window.pieces]
        example = Example(
            window=window,
            labels=[units[n].label for n in inside],
            teacher=[],
            answerable=IGNORED if kind == "unlabelled" else _answerable(relevant, inside),
            kind=kind,
        )
        taught = bool(self._teachers) and (kind == "unlabelled" or not relevant.isdisjoint(inside))
        return Draft(example, row.query, [units[n].number for n in inside], taught)

    def _query(self, row: Row, rng: random.Random) -> list[int]:
        if rng.random() >= self._config["variant_share"]:
            return self._corpus.query_tokens[row.query]
        text = wording.vary(self._corpus.queries[row.query], rng)
        return self._encoder.tokens([text])[0][:QUERY_TOKENS] or self._corpus.query_tokens[row.query]

    def _dressed(self, row: Row, units: list[Unit], rng: random.Random) -> list[Unit]:
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

    def _scores(self, draft: Draft) -> list[float]:
        """Scores of the bi-encoders, relevant units raised; nan for what is not taught."""
        scores = np.full(len(draft.units), np.nan)
        known = np.array(draft.units) >= 0
        if not draft.taught or not known.any():
            return scores.tolist()
        numbers = [n for n in draft.units if n >= 0]
        scores[known] = sum(w * (t.units.get(numbers) @ t.queries.get([draft.query])[0]) for w, t in self._teachers)
        scores += self._config["relevant_bonus"] * (np.array(draft.example.labels) == RELEVANT)
        return scores.tolist()


def _answerable(relevant: set[int], inside: list[int]) -> int:
    if not relevant.isdisjoint(inside):
        return RELEVANT
    near = any(inside[0] - CONTEXT_UNITS <= n <= inside[-1] + CONTEXT_UNITS for n in relevant)
    return IGNORED if near else OTHER
