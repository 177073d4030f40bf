"""The training pairs with every text tokenised once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import shared  # noqa: F401
import devdata
import numpy as np
from devdata import Pair
from windows import QUERY_TOKENS, Encoder


@dataclass(frozen=True)
class Passage:
    """A text as numbers of units; the title is "" where there is none."""

    dataset: str
    title: str
    units: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """A labelled pair; `gold` are positions in the units of its passage."""

    dataset: str
    query: int
    passage: int
    gold: frozenset[int]
    answers: tuple[str, ...]
    positive: bool


@dataclass
class Corpus:
    """Queries, units and passages are numbered; equal texts have one number."""

    queries: list[str] = field(default_factory=list)
    query_tokens: list[list[int]] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    unit_tokens: list[list[int]] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def text(self, passage: int) -> str:
        return " ".join(self.units[u] for u in self.passages[passage].units)

    def gold_units(self) -> list[set[int]]:
        """Per query the numbers of the units that answer it in any row."""
        gold: list[set[int]] = [set() for _ in self.queries]
        for row in self.rows:
            units = self.passages[row.passage].units
            gold[row.query].update(units[g] for g in row.gold)
        return gold


def read(sets: dict[str, dict], encoder: Encoder) -> Corpus:
    """Reads the sets of a config.

    A set is one of the shared training sets, or a file where it has a `path`.
    `rows` keeps a sample of so many rows.
    """
    named = {name: _pairs(name, options) for name, options in sets.items()}
    return build(named, encoder)


def build(named: dict[str, list[Pair]], encoder: Encoder) -> Corpus:
    corpus, numbers = Corpus(), defaultdict(dict)

    def number(kind: str, key, table: list) -> int:
        known = numbers[kind]
        if key not in known:
            known[key] = len(table)
            table.append(key)
        return known[key]

    for name, pairs in named.items():
        for pair in pairs:
            units = tuple(number("unit", text, corpus.units) for text in pair.units)
            passage = Passage(name, pair.title, units)
            corpus.rows.append(
                Row(
                    dataset=name,
                    query=number("query", pair.query, corpus.queries),
                    passage=number("passage", passage, corpus.passages),
                    gold=frozenset(pair.relevant),
                    answers=tuple(pair.answers),
                    positive=pair.positive and bool(pair.relevant),
                )
            )
    corpus.query_tokens = [ids[:QUERY_TOKENS] for ids in encoder.tokens(corpus.queries)]
    corpus.unit_tokens = encoder.tokens(corpus.units)
    return corpus


def _pairs(name: str, options: dict) -> list[Pair]:
    pairs = devdata.read_file(Path(options["path"])) if "path" in options else devdata.read(name, "train")
    pairs = [p for p in pairs if p.query.strip() and any(u.strip() for u in p.units)]
    count = options.get("rows", len(pairs))
    if count < len(pairs):
        order = np.random.default_rng(1).permutation(len(pairs))[:count]
        pairs = [pairs[i] for i in sorted(order)]
    return pairs
