#!/usr/bin/env python3
"""Measures weights on a sample of the development sets, window by window.

    python models/train/evaluate.py --weights DIR [DIR ...]

train.py does the same while it runs. The sets are only measured, never trained
on.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import shared  # noqa: F401
import devdata
import numpy as np
import torch
from lengths import grouped
from devdata import LICENSED, Pair
from measures import auc, average_precision, kept_mean, trade
from negatives import negatives
from student import Student, start
from tqdm import tqdm
from windows import Encoder, Window, means, token_scores

WINDOW, OVERLAP, BATCH_TOKENS = 256, 32, 8192
# Whole meetings: one pair costs as much as forty others.
TOO_LONG = ("qmsum_long",)
GRID = np.concatenate([np.geomspace(0.001, 0.1, 20), np.linspace(0.12, 0.97, 24)])
REMOVED = 0.6


@dataclass(frozen=True)
class Sample:
    """Per set positives, and for as many queries near passages that do not answer."""

    positives: dict[str, list[Pair]]
    near: dict[str, list[Pair]]

    @staticmethod
    def draw(count: int, seed: int = 1) -> Sample:
        """The same sample for the same arguments; the seed draws the positives."""
        names = [n for n in devdata.names() if n not in TOO_LONG]
        return Sample(
            positives={n: devdata.sample(n, count, seed=seed, positives_only=True) for n in names},
            near={n: negatives(n, count)[0] for n in names},
        )


def measure(model: Student, sample: Sample, encoder: Encoder) -> list[dict]:
    """A report per pair of heads, the full depth first.

    `ap` is sentence average precision, `kept` the share of queries whose answer
    survives when REMOVED of the characters go (one threshold a set), `auc` the
    chance that a positive ranks above a near negative.
    """
    names = list(sample.positives)
    pairs = [p for n in names for p in sample.positives[n] + sample.near[n]]
    scored = score(model, pairs, encoder)
    return [_report(sample, depth) for depth in scored]


def _report(sample: Sample, scored: list[tuple[list[np.ndarray], float]]) -> dict:
    report: dict[str, dict[str, float]] = {"ap": {}, "kept": {}, "auc": {}}
    rest = iter(scored)
    for name, pairs in sample.positives.items():
        found = [next(rest) for _ in pairs]
        near = [next(rest)[1] for _ in sample.near[name]]
        tokens = [t for t, _ in found]
        points = sorted(trade(pairs, [kept_mean(x, t) for x in tokens])[::-1] for t in GRID)
        report["ap"][name] = float(np.mean([average_precision(p, means(t)) for p, t in zip(pairs, tokens)]))
        report["kept"][name] = float(np.interp(REMOVED, *zip(*points)))
        report["auc"][name] = auc(np.array([r for _, r in found]), np.array(near))
    for values in report.values():
        licensed = [v for n, v in values.items() if n in LICENSED]
        values["mean"] = float(np.mean(list(values.values())))
        values["licensed"] = float(np.mean(licensed))
    return report


@torch.inference_mode()
def score(model: Student, pairs: list[Pair], encoder: Encoder) -> list[list[tuple[list[np.ndarray], float]]]:
    """Per pair of heads and pair: keep probabilities by unit, largest rank logit."""
    windows = [encoder.windows(p.query, p.units, WINDOW, OVERLAP) for p in pairs]
    flat = [w for ws in windows for w in ws]
    outputs = _run(model, flat)
    scored = []
    for keeps, ranks in outputs:
        at, depth = 0, []
        for pair, ws in zip(pairs, windows):
            part = slice(at, at + len(ws))
            depth.append((token_scores(ws, keeps[part], len(pair.units)), max(ranks[part])))
            at += len(ws)
        scored.append(depth)
    return scored


def _run(model: Student, windows: list[Window]) -> list[tuple[list[np.ndarray], list[float]]]:
    device = next(model.parameters()).device
    count = 2 if model.early else 1
    results = [([None] * len(windows), [0.0] * len(windows)) for _ in range(count)]
    for group in tqdm(grouped([len(w.ids) for w in windows], BATCH_TOKENS), desc="evaluate", unit="batch", mininterval=10, leave=False):
        lengths = torch.tensor([len(windows[n].ids) for n in group])
        ids, types = (torch.zeros(len(group), int(lengths.max()), dtype=torch.long) for _ in range(2))
        for row, n in enumerate(group):
            ids[row, : lengths[row]] = torch.tensor(windows[n].ids)
            types[row, : lengths[row]] = torch.tensor(windows[n].types)
        for (keeps, ranks), out in zip(results, model(ids.to(device), types.to(device), lengths.to(device))):
            for row, n in enumerate(group):
                keeps[n] = out.keep[row, : lengths[row]].cpu().numpy()
                ranks[n] = float(out.rank[row])
    return results


def table(reports: dict[str, dict]) -> str:
    """Markdown: a row a set and measure, a column a report."""
    first = next(iter(reports.values()))
    lines = ["| measure | set | " + " | ".join(reports) + " |", "|---" * (2 + len(reports)) + "|"]
    for measure_name, values in first.items():
        for name in values:
            cells = " | ".join(f"{r[measure_name][name]:.3f}" for r in reports.values())
            lines.append(f"| {measure_name} | {name} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, nargs="+", required=True, help="weights folders")
    parser.add_argument("--pairs", type=int, default=60, help="positives and near negatives of every set (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="draws the positives (default: 1)")
    parser.add_argument("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    parser.add_argument("--json", type=Path, help="file for the reports")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    sample, reports = Sample.draw(args.pairs, args.seed), {}
    for folder in args.weights:
        model = start(folder, 0).halved().to(device).eval()
        reports[str(folder)] = measure(model, sample, Encoder(folder / "tokenizer.json"))[0]
    print(table(reports))
    if args.json:
        args.json.write_text(json.dumps(reports, indent=1) + "\n")


if __name__ == "__main__":
    main()
