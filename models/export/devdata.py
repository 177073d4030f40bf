"""The sentence-relevance sets: where they are and how a sample of them is drawn."""

from __future__ import annotations

import gzip
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Sets whose licence lets their figures steer a product; the others only measure.
LICENSED = ("bioasq", "fairytaleqa", "medquad", "nq", "qed_nq", "qmsum_long", "selqa")


@dataclass(frozen=True)
class Pair:
    """A query and a passage; `relevant` are the indices of the gold sentences."""

    id: str
    dataset: str
    query: str
    title: str
    units: list[str]
    relevant: list[int]
    answers: list[str]
    positive: bool

    @property
    def text(self) -> str:
        return " ".join(self.units)


def shared() -> Path:
    """The folder with data/ and models/: RAGPRUNE_SHARED, else ../shared."""
    return Path(os.environ.get("RAGPRUNE_SHARED") or ROOT.parent / "shared")


def names(split: str = "dev") -> list[str]:
    """The sets of a split, dev or train."""
    files = sorted((shared() / "data" / split).glob("*.jsonl.gz"))
    if not files:
        raise SystemExit(f"no sets under {shared()}/data/{split}; set RAGPRUNE_SHARED")
    return [f.name.removesuffix(".jsonl.gz") for f in files]


def read(name: str, split: str = "dev") -> list[Pair]:
    return read_file(shared() / "data" / split / f"{name}.jsonl.gz")


def read_file(path: Path) -> list[Pair]:
    """The pairs of a JSON Lines file, compressed where its name ends with .gz.

    A row that cannot be used raises ValueError with file, line and reason.
    """
    opened, pairs = gzip.open if path.suffix == ".gz" else open, []
    with opened(path, "rt", encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            try:
                pairs.append(_pair(json.loads(line)))
            except KeyError as error:
                raise ValueError(f"{path}:{number}: field {error} is missing") from error
            except (TypeError, ValueError) as error:
                raise ValueError(f"{path}:{number}: {error}") from error
    return pairs


def sample(name: str, count: int, split: str = "dev", seed: int = 1, positives_only: bool = False) -> list[Pair]:
    """At most count pairs of a set; the same ones for the same arguments."""
    pairs = [p for p in read(name, split) if p.positive or not positives_only]
    random.Random(f"{seed} {name}").shuffle(pairs)
    return pairs[:count]


def _pair(row: dict) -> Pair:
    text, spans = row["text"], row["sentences"]
    wrong = [span for span in spans if not 0 <= span[0] < span[1] <= len(text)]
    if wrong:
        raise ValueError(f"sentences {wrong} are not ranges of a text of {len(text)} characters")
    wrong = [n for n in row["relevant"] if not 0 <= n < len(spans)]
    if wrong:
        raise ValueError(f"relevant {wrong} are not among {len(spans)} sentences")
    return Pair(
        id=row["id"],
        dataset=row["dataset"],
        query=row["query"],
        title=row["title"],
        units=[text[start:end] for start, end in spans],
        relevant=row["relevant"],
        answers=row["answer"],
        positive=row["positive"],
    )
