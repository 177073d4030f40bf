"""Grouping by length, so that little is padded."""

from __future__ import annotations


def grouped(lengths: list[int], tokens: int) -> list[list[int]]:
    """Positions by length, in groups that hold at most tokens after padding."""
    groups: list[list[int]] = [[]]
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if groups[-1] and (len(groups[-1]) + 1) * lengths[position] > tokens:
            groups.append([])
        groups[-1].append(position)
    return groups
