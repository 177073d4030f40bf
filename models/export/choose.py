#!/usr/bin/env python3
"""Measures what the config of a pruner bundle chooses, on the development sets.

    python choose.py --bundle models/ragprune-small --cache /tmp/choose.jsonl \\
        --out bench/results/model-choice.md

Everything is measured with the bundle's graph, window by window as the service
runs it. Scores are kept in the cache, so an interrupted run goes on where it
was; delete the cache after a change of the graph.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

import devdata
from devdata import LICENSED, Pair
from measures import RULES, auc, average_precision, trade
from negatives import negatives
from scoring import Scored, Scorer, Setting, session, speed
from units import UnitCalibration, fit

LONG_SETS = ("bioasq", "medquad", "obliqa", "policyqa")
TITLED_SETS = ("fairytaleqa", "medquad", "nq", "qed_nq", "selqa")
SETTINGS = ((192, 32), (256, 0), (256, 16), (256, 32), (256, 64), (272, 32), (384, 32), (512, 32))
THRESHOLDS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5)
MATCHED = (0.4, 0.5, 0.6, 0.7, 0.8)


def main() -> None:
    args = arguments()
    scorer = Scorer(args.bundle, args.cache, args.threads)
    results = positives(scorer, args)
    near, other = negatives_of(scorer, results, args)
    units = fit_units(results, near, other)
    results = calibrated(results, units)
    sections = [
        units_section(units, results, near),
        threshold_section(results),
        aggregation_section(results),
        calibration_section(results, near, other),
        windows_section(scorer, args),
        title_section(scorer, units, args),
    ]
    args.out.write_text("\n".join([HEADER.format(bundle=args.bundle, out=args.out), *sections]))
    print(args.out.read_text())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--bundle", type=Path, required=True, help="bundle folder")
    add("--cache", type=Path, required=True, help="file that keeps scores between runs")
    add("--out", type=Path, required=True, help="Markdown file to write")
    add("--pairs", type=int, default=150, help="positives of every set, for thresholds and aggregation (default: 150)")
    add("--long", type=int, default=30, help="long texts of every set, for window and overlap (default: 30)")
    add("--titled", type=int, default=60, help="pairs of every set, for titles (default: 60)")
    add("--negatives", type=int, default=40, help="hard and random negatives of every set (default: 40)")
    add("--threads", type=int, default=2, help="threads of ONNX Runtime (default: 2)")
    return parser.parse_args()


HEADER = """# Choices of {bundle.name}

Written on the development sets with the int8 graph. Survives: a gold sentence
is kept or an answer occurs in what is kept. Removed: share of characters.
Again with (RAGPRUNE_SHARED names the folder with `data/dev`):

    python models/export/choose.py --bundle {bundle} --cache /tmp/choose.jsonl --out {out}
"""
# Whole meetings: one pair costs as much as forty others, so they are left to
# the window measurement of the service.
TOO_LONG = ("qmsum_long",)

# Per set the pairs and their scores.
Results = dict[str, tuple[list[Pair], list[Scored]]]


def positives(scorer: Scorer, args) -> Results:
    """Positives of every set but the too long one, at the default setting."""
    results = {}
    for name in (n for n in devdata.names() if n not in TOO_LONG):
        pairs = devdata.sample(name, args.pairs, positives_only=True)
        results[name] = pairs, scorer.score(pairs, Setting(), f"positives {name}")
    return results


def calibrated(results: Results, units: UnitCalibration) -> Results:
    return {name: (pairs, [replace(s, calibration=units) for s in scored]) for name, (pairs, scored) in results.items()}


def above(scored: list[Scored], threshold: float) -> list[np.ndarray]:
    return [s.scores > threshold for s in scored]


def negatives_of(scorer: Scorer, results: Results, args) -> tuple[Results, Results]:
    """Near and random passages of every set, scored."""
    near, other = {}, {}
    for name in results:
        for into, kind, pairs in zip((near, other), ("hard", "random"), negatives(name, args.negatives)):
            into[name] = pairs, scorer.score(pairs, Setting(), f"{kind} {name}")
    return near, other


def fit_units(results: Results, near: Results, other: Results) -> UnitCalibration:
    """Fits the calibration of units on the licensed sets, which weigh the same.

    Of a set's weight nine tenths are on positives: with fewer, more of the texts
    that do not answer is removed and more answers are lost.
    """
    groups = [
        (weight, of[name][0], [s.raw for s in of[name][1]])
        for name in results
        if name in LICENSED
        for weight, of in ((0.9, results), (0.07, near), (0.03, other))
    ]
    return fit(groups)


def units_section(units: UnitCalibration, results: Results, near: Results) -> str:
    """What the calibration of units brings at equal removal, one threshold for all sets."""
    rows = []
    for label, chosen in (("as the graph gives them", UnitCalibration()), ("calibrated", units)):
        for sets, names in (("all", list(results)), ("not fitted on", [n for n in results if n not in LICENSED])):
            of, against = (calibrated({n: r[n] for n in names}, chosen) for r in (results, near))
            for share, kept in at_equal_removal(of, against).items():
                rows.append([label, sets, f"{share:.0%}", *(f"{k:.3f}" for k in kept)])
    head = ["scores", "sets", "passages that answer", *(f"removed {m:.1f}" for m in MATCHED)]
    return f"## Units\n\nscore = sigmoid({units.scale:.4f} * z + {units.context:.4f} * c + {units.bias:.4f}), fitted on the licensed sets. Share that survives, mean of the sets under one threshold, when so much is removed of passages that answer and of near ones that do not together.\n\n{table(head, rows)}"


def at_equal_removal(of: Results, against: Results) -> dict[float, np.ndarray]:
    """By share of positives: survival when a share MATCHED is removed of the mixture."""
    grid = np.concatenate([np.geomspace(0.002, 0.1, 20), np.linspace(0.12, 0.98, 20)])
    trades = ([np.mean([trade(p, above(s, t)) for p, s in r.values()], axis=0) for t in grid] for r in (of, against))
    (kept, gone), (_, other) = (np.transpose(t) for t in trades)
    return {share: np.interp(MATCHED, share * gone + (1 - share) * other, kept) for share in (1, 0.5, 0.2)}


def table(head: list[str], rows: list[list]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in row) + " |" for row in cells) + "\n"


def windows_section(scorer: Scorer, args) -> str:
    """Average precision and cost of window and overlap on texts above 300 tokens."""
    rows, speeds = [], window_speeds(args)
    sets = {name: long_pairs(scorer, name, args.long) for name in LONG_SETS}
    least = {}
    for size, overlap in SETTINGS:
        precision, read = [], 0
        for name, pairs in sets.items():
            scored = scorer.score(pairs, Setting(size, overlap), f"{size}/{overlap} {name}")
            precision.append(np.mean([average_precision(p, s.scores) for p, s in zip(pairs, scored)]))
            read += sum(s.read for s in scored)
            least.setdefault(name, sum(map(scorer.length, pairs)))
        cost = read / sum(least.values())
        rate = speeds[size]
        rows.append([size, overlap, *(f"{p:.3f}" for p in precision), f"{np.mean(precision):.3f}", f"{cost:.2f}", f"{rate:.0f}", f"{rate / cost:.0f}"])
    counts = ", ".join(f"{name} {len(pairs)}" for name, pairs in sets.items())
    head = ["window", "overlap", *LONG_SETS, "mean", "tokens read per text token", "tokens/s", "text tokens/s"]
    return f"## Window and overlap\n\nSentence average precision on texts of more than 300 tokens ({counts} pairs), int8; tokens/s of one window, 1 thread.\n\n{table(head, rows)}"


def window_speeds(args) -> dict[int, float]:
    sizes = sorted({size for size, _ in SETTINGS})
    run = session(args.bundle / "model.onnx", 1)
    return dict(zip(sizes, speed([run] * len(sizes), sizes)))


def long_pairs(scorer: Scorer, name: str, count: int) -> list[Pair]:
    pairs = devdata.sample(name, 400, positives_only=True)
    return [p for p in pairs if scorer.length(p) > 300][:count]


def title_section(scorer: Scorer, units: UnitCalibration, args) -> str:
    """The same pairs with and without the title in front of the text."""
    rows = []
    for name in TITLED_SETS:
        pairs = [p for p in devdata.sample(name, 400, positives_only=True) if p.title][: args.titled]
        values = []
        for title in (False, True):
            scored = [replace(s, calibration=units) for s in scorer.score(pairs, Setting(title=title), f"title {title} {name}")]
            precision = np.mean([average_precision(p, s.scores) for p, s in zip(pairs, scored)])
            kept, gone = trade(pairs, above(scored, 0.05))
            values += [f"{precision:.3f}", f"{kept:.3f} / {gone:.3f}"]
        rows.append([name, len(pairs), *values])
    head = ["set", "pairs", "AP ignore", "T 0.05 survives / removed", "AP prefix", "T 0.05 survives / removed"]
    return f"## Title\n\n{table(head, rows)}"


def aggregation_section(results: Results) -> str:
    """Survival of the three rules at the same share removed."""
    licensed = [results[n] for n in LICENSED if n in results]
    pairs = [p for ps, _ in licensed for p in ps]
    tokens = [s.tokens for _, scored in licensed for s in scored]
    grid = np.concatenate([np.geomspace(0.002, 0.1, 16), np.linspace(0.15, 0.9, 12)])
    rows = []
    for name, rule in RULES.items():
        points = sorted((gone, kept) for kept, gone in (trade(pairs, [rule(x, t) for x in tokens]) for t in grid))
        gone, kept = map(np.array, zip(*points))
        rows.append([name, *(f"{np.interp(m, gone, kept):.3f}" for m in MATCHED)])
    head = ["rule", *(f"removed {m:.1f}" for m in MATCHED)]
    return f"## Aggregation\n\nShare that survives at equal removal, {len(pairs)} positives of the licensed sets.\n\n{table(head, rows)}"


def threshold_section(results: Results) -> str:
    """Survival and removal per set over thresholds, mean rule."""
    rows, licensed = [], []
    for name, (pairs, scored) in results.items():
        trades = [trade(pairs, above(scored, t)) for t in THRESHOLDS]
        if name in LICENSED:
            licensed.append(trades)
        label = name if name in LICENSED else f"{name} (measuring only)"
        precision = np.mean([average_precision(p, s.scores) for p, s in zip(pairs, scored)])
        rows.append([label, len(pairs), f"{precision:.3f}", *cells(trades)])
    rows.append(["mean of the licensed sets", "", "", *cells(np.mean(licensed, axis=0))])
    head = ["set", "positives", "sentence AP", *(f"T {t:g}" for t in THRESHOLDS)]
    return f"## Thresholds\n\nSurvives / removed, mean rule, units calibrated as above.\n\n{table(head, rows)}"


def cells(trades) -> list[str]:
    return [f"{kept:.3f} / {gone:.3f}" for kept, gone in trades]


def calibration_section(results: Results, near: Results, others: Results) -> str:
    """Platt scaling of the rank logit and AUC per set.

    Half of the weight is on the positives, two fifths on passages of the same
    set near to the query by TF-IDF, as a retriever finds them, the rest on
    random ones.
    """
    rows, logits, labels, weights = [], [], [], []
    for name, (_, scored) in results.items():
        positive = np.array([s.logit for s in scored])
        hard, other = (np.array([s.logit for s in of[name][1]]) for of in (near, others))
        rows.append([name, len(positive), len(hard), f"{auc(positive, hard):.3f}", f"{auc(positive, other):.3f}"])
        if name in LICENSED:
            for values, label, share in ((positive, 1, 0.5), (hard, 0, 0.4), (other, 0, 0.1)):
                logits.extend(values)
                labels.extend([label] * len(values))
                weights.extend([share / len(values)] * len(values))
    x = np.array(logits)[:, None]
    fit = LogisticRegression(C=1e6).fit(x, labels, sample_weight=np.array(weights) * len(labels))
    scale, bias = float(fit.coef_[0, 0]), float(fit.intercept_[0])
    head = ["set", "positives", "negatives of each kind", "AUC near", "AUC random"]
    return f"## Calibration\n\nprobability = sigmoid({scale:.4f} * logit + {bias:.4f}), fitted on the licensed sets.\n\n{table(head, rows)}"


if __name__ == "__main__":
    main()
