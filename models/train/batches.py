"""Examples to batches of similar length and about the same number of tokens."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields

import torch
from examples import Builder, Example
from lengths import grouped


@dataclass(frozen=True)
class Batch:
    """B windows of at most L tokens that judge U units.

    `unit` [B, L] is the unit of a token, -1 for query, context and padding;
    `labels` [U] are 1, 0 or -1 (ignored), `teacher` [U] scores or nan, `window`
    [U] the window of a unit, `answerable` [B] 1, 0 or -1.
    """

    ids: torch.Tensor
    types: torch.Tensor
    lengths: torch.Tensor
    unit: torch.Tensor
    labels: torch.Tensor
    teacher: torch.Tensor
    window: torch.Tensor
    answerable: torch.Tensor

    def to(self, device: str) -> Batch:
        return Batch(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})


def pool(builder: Builder, number: int, examples: int, tokens: int, seed: int) -> list[list[Example]]:
    """The batches of pool number of the stream, in an order drawn from the seed."""
    made = builder.build(range(number * examples, (number + 1) * examples))
    groups = grouped([len(e.window.ids) for e in made], tokens)
    random.Random(f"{seed} pool {number}").shuffle(groups)
    return [[made[n] for n in group] for group in groups]


def collate(examples: list[Example]) -> Batch:
    size = len(examples), max(len(e.window.ids) for e in examples)
    ids, types = torch.zeros(size, dtype=torch.long), torch.zeros(size, dtype=torch.long)
    unit = torch.full(size, -1)
    labels, teacher, window = [], [], []
    for row, example in enumerate(examples):
        length = len(example.window.ids)
        ids[row, :length] = torch.tensor(example.window.ids)
        types[row, :length] = torch.tensor(example.window.types)
        for number, (_, start, end) in enumerate(example.window.pieces, len(labels)):
            unit[row, start:end] = number
        labels += example.labels
        teacher += example.teacher
        window += [row] * len(example.labels)
    return Batch(
        ids=ids,
        types=types,
        lengths=torch.tensor([len(e.window.ids) for e in examples]),
        unit=unit,
        labels=torch.tensor(labels),
        teacher=torch.tensor(teacher),
        window=torch.tensor(window),
        answerable=torch.tensor([e.answerable for e in examples]),
    )
