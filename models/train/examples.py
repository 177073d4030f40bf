"""Training examples made on the fly; example number N is the same in every run.

An example is one window as the service would show it to the model, with a
label for every unit that the window judges. Kinds of documents are in
documents.py; their mixture and the shares of the sets come from the config.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace

import shared  # noqa: F401
import numpy as np
import wording
from corpus import Corpus, Row
from documents import IGNORED, OTHER, RELEVANT, Documents, Unit
from teacher import Teacher
from windows import QUERY_TOKENS, SPECIAL_TOKENS, Encoder, Window, plan

# A window whose nearest relevant unit is so near outside may hold it as
# context: its rank label is left open.
CONTEXT_UNITS = 3
SIZES, SIZE_SHARES, OVERLAP = (256, 272, 192, 128, 384), (50, 15, 15, 12, 8), 32


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
        self._corpus, self._encoder, self._teachers, self._config = corpus, encoder, teachers, config
        self._documents = Documents(corpus, encoder, neighbours, config)
        self._positives, self._negatives = defaultdict(list), defaultdict(list)
        for row in corpus.rows:
            (self._positives if row.positive else self._negatives)[row.dataset].append(row)
        self._sets = [name for name in config["sets"] if self._positives[name]]
        self._shares = [config["sets"][name]["share"] for name in self._sets]

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
        units = self._documents.kinds[kind](row, rng)
        if units is None:
            kind, units = "plain", self._documents.plain(row, rng)
        return self._window(row, units, kind, rng)

    def _window(self, row: Row, units: list[Unit], kind: str, rng: random.Random) -> Draft:
        if kind not in ("short", "unlabelled") and rng.random() < self._config["dressed_share"]:
            units = self._documents.dressed(row, units, rng)
        units = [u for u in units if u.tokens]
        size = rng.choices(SIZES, SIZE_SHARES)[0]
        query = self._query(row, rng)
        # A long query leaves a small window little room; half of it is judged.
        overlap = min(OVERLAP, (size - len(query) - SPECIAL_TOKENS) // 4)
        windows = plan(query, [u.tokens for u in units], size, overlap)
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
