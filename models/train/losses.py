"""The losses, on the logits of one pair of heads. All are means, in fp32."""

from __future__ import annotations

import torch
from batches import Batch
from student import Outputs
from torch.nn.functional import binary_cross_entropy_with_logits as bce

TINY = 1e-4


def parts(outputs: Outputs, batch: Batch, config: dict) -> dict[str, torch.Tensor]:
    """Losses by name; config gives `relevant_weight` and `temperature`.

    token: cross entropy of tokens, mean over a unit, then over units.
    unit: the same of the mean probability of a unit, which is its score.
    order: divergence of the student's order of a window's units from the teacher's.
    rank: cross entropy of the rank head.
    """
    inside = batch.unit >= 0
    unit, logits = batch.unit[inside], outputs.keep[inside]
    known = batch.labels >= 0
    target = batch.labels.clamp(min=0).float()
    weight = (1 + (config["relevant_weight"] - 1) * target) * known
    total = known.sum().clamp(min=1)
    counts = torch.zeros_like(target).index_add(0, unit, torch.ones_like(logits)).clamp(min=1)
    token = _mean(bce(logits, target[unit], reduction="none"), unit, counts)
    score = _mean(logits.sigmoid(), unit, counts).clamp(TINY, 1 - TINY).logit()
    ranked = batch.answerable >= 0
    rank = bce(outputs.rank, batch.answerable.clamp(min=0).float(), reduction="none") * ranked
    return {
        "token": (token * weight).sum() / total,
        "unit": (bce(score, target, reduction="none") * weight).sum() / total,
        "order": order(score, batch, config["temperature"]),
        "rank": rank.sum() / ranked.sum().clamp(min=1),
    }


def order(score: torch.Tensor, batch: Batch, temperature: float) -> torch.Tensor:
    """KL(teacher || student) of the softmax over the taught units of a window."""
    taught = batch.teacher.isfinite()
    if not taught.any():
        return score.sum() * 0
    window, size = batch.window[taught], len(batch.answerable)
    teacher = _log_softmax(batch.teacher[taught] / temperature, window, size)
    student = _log_softmax(score[taught] / temperature, window, size)
    divergence = (teacher.exp() * (teacher - student)).sum()
    return divergence * temperature**2 / len(window.unique())


def imitation(outputs: Outputs, deep: Outputs, batch: Batch) -> torch.Tensor:
    """Cross entropy of the early heads with what the full depth says."""
    inside = batch.unit >= 0
    keep = bce(outputs.keep[inside], deep.keep[inside].detach().sigmoid())
    return keep + 0.3 * bce(outputs.rank, deep.rank.detach().sigmoid())


def _mean(values: torch.Tensor, unit: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(counts).index_add(0, unit, values) / counts


def _log_softmax(values: torch.Tensor, group: torch.Tensor, groups: int) -> torch.Tensor:
    empty = torch.full((groups,), float("-inf"), dtype=values.dtype, device=values.device)
    top = empty.scatter_reduce(0, group, values.detach(), "amax")
    shifted = values - top[group]
    total = torch.zeros(groups, dtype=values.dtype, device=values.device).index_add(0, group, shifted.exp())
    return shifted - total.log()[group]
