#!/usr/bin/env python3
"""Fits what an embedder's cosines mean beside a pruner, and measures it.

    python models/export/fuse.py --cache .cache/fuse --write

writes weights and presets of the scorers embed, hybrid and fused into the
manifest of models/ragprune-embed, and the figures into bench/results/fusion.md.
Run it again after every change of the pruner or the embedder. Fitted are the
sets of devdata.LICENSED only; the others are measured. Scores are kept in the
cache by the checksum of the graph, so an interrupted run goes on where it was
and a new model starts anew. Other embedders can be measured beside:

    python models/export/fuse.py --cache .cache/fuse --compare bge-embed/
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

import devdata
from choose import TOO_LONG, negatives, table
from cosines import CosineScorer
from devdata import LICENSED, Pair
from measures import average_precision
from measures import trade as traded
from ranking import bm25, hybrid
from scoring import Scorer, Setting
from units import logits
from windows import sigmoid

ROOT = devdata.ROOT
# What the presets aim at: share of positives whose answer survives.
AIMS = {"safe": 0.99, "balanced": 0.98, "aggressive": 0.92}
# Stands in for an embedder, to compare with: it costs nothing.
BM25 = "bm25"
# Weights of the second scorer to show, with a weight of 1 for the logit.
WEIGHTS = (0, 1, 2, 3, 4, 6, 8, 12, 20)


@dataclass
class Scores:
    """Per pair the scores of its units, by scorer."""

    pairs: list[Pair]
    label: list[np.ndarray]
    bm25: list[np.ndarray]
    cosine: dict[str, list[np.ndarray]] = field(default_factory=dict)  # by embedder

    def second(self, name: str) -> list[np.ndarray]:
        """What is added to the labels: the cosines of an embedder, or BM25."""
        return self.bm25 if name == BM25 else self.cosine[name]


@dataclass(frozen=True)
class Fit:
    """sigmoid(logit * logit(p) + cosine * x + bias), and sigmoid(scale * x + embed_bias)."""

    logit: float
    cosine: float
    bias: float
    scale: float
    embed_bias: float

    def fused(self, p: np.ndarray, x: np.ndarray) -> np.ndarray:
        return sigmoid(self.logit * logits(p) + self.cosine * x + self.bias)

    def embed(self, x: np.ndarray) -> np.ndarray:
        return sigmoid(self.scale * x + self.embed_bias)


def main() -> None:
    args = arguments()
    args.cache.mkdir(parents=True, exist_ok=True)
    folders = {name_of(f): f for f in (args.embedder, *args.compare)}
    own = name_of(args.embedder)
    measured, kinds = measure(args, folders)
    fits = {name: fit(kinds, name, LICENSED) for name in (*folders, BM25)}
    presets = {scorer: choose_presets(measured, scores) for scorer, scores in scorers(measured, own, fits[own]).items()}
    sections = [
        header(args),
        precision_section(measured, kinds, fits),
        weights_section(measured, fits),
        fits_section(fits),
        presets_section(measured, own, fits[own], presets),
    ]
    args.out.write_text("\n".join(sections))
    print(args.out.read_text())
    if args.write:
        write(args, fits[own], presets)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--pruner", type=Path, default=ROOT / "models/ragprune-small", help="bundle (default: the project's)")
    add("--embedder", type=Path, default=ROOT / "models/ragprune-embed", help="bundle (default: the project's)")
    add("--compare", type=Path, nargs="*", default=[], help="embedder bundles to measure beside")
    add("--cache", type=Path, required=True, help="folder that keeps scores between runs")
    add("--out", type=Path, default=ROOT / "bench/results/fusion.md", help="Markdown file to write")
    add("--pairs", type=int, default=100, help="positives of every set (default: 100)")
    add("--long", type=int, default=8, help="positives of qmsum_long (default: 8)")
    add("--negatives", type=int, default=20, help="near and random negatives of every licensed set (default: 20)")
    add("--threads", type=int, default=2, help="threads of ONNX Runtime (default: 2)")
    add("--write", action="store_true", help="write the fit into the embedder's manifest")
    return parser.parse_args()


def manifest_of(bundle: Path) -> dict:
    return json.loads((bundle / "manifest.json").read_text())


def name_of(bundle: Path) -> str:
    return manifest_of(bundle)["name"]


def measure(args, folders: dict[str, Path]) -> tuple[dict[str, Scores], dict[str, dict[str, Scores]]]:
    """Scores of the positives of all sets, and of positives, near and random negatives of the licensed ones."""
    pruner = manifest_of(args.pruner)
    setting = Setting(pruner["window_tokens"], pruner["overlap_tokens"])
    labels = Scorer(args.pruner, args.cache / f"labels-{pruner['files']['model.onnx'][:12]}.jsonl", args.threads)
    cosines = {name: CosineScorer(f, args.cache / "cosines.jsonl", args.threads) for name, f in folders.items()}

    def score(pairs: list[Pair], what: str) -> Scores:
        return Scores(
            pairs,
            [s.scores for s in labels.score(pairs, setting, f"label {what}")],
            [bm25(p.query, p.units) for p in pairs],
            {name: c.score(pairs, f"{name} {what}") for name, c in cosines.items()},
        )

    measured, kinds = {}, {}
    for name in devdata.names():
        count = args.long if name in TOO_LONG else args.pairs
        measured[name] = score(devdata.sample(name, count, positives_only=True), name)
        if name in LICENSED:
            kinds[name] = {"positive": measured[name]}
            if name not in TOO_LONG:
                near, other = negatives(name, args.negatives)
                kinds[name] |= {"near": score(near, f"near {name}"), "random": score(other, f"random {name}")}
    return measured, kinds


def fit(kinds: dict[str, dict[str, Scores]], second: str, names: Iterable[str]) -> Fit:
    """Logistic regression on the sentences of the named sets.

    Sets weigh the same; half of a set's weight is on positives and the rest on
    negatives, where it has some; pairs of a kind weigh the same, and so do the
    sentences of a pair. To choose the weight by average precision instead gave
    more on the sets it was chosen on and less on those left out.
    """
    x, y, w = [], [], []
    for name in names:
        for kind, scores in kinds[name].items():
            share = 0.5 if kind == "positive" else 0.25
            for pair, p, c in zip(scores.pairs, scores.label, scores.second(second)):
                x.append(np.stack([logits(p), c], axis=1))
                gold = np.isin(np.arange(len(pair.units)), pair.relevant)
                y.append(gold if pair.positive else np.zeros(len(gold), bool))
                w.append(np.full(len(gold), share / len(scores.pairs) / len(gold)))
    x, y, w = np.concatenate(x), np.concatenate(y), np.concatenate(w)
    w *= len(w) / w.sum()
    both = LogisticRegression(C=1e6, max_iter=1000).fit(x, y, sample_weight=w)
    alone = LogisticRegression(C=1e6, max_iter=1000).fit(x[:, 1:], y, sample_weight=w)
    return Fit(*map(float, (*both.coef_[0], both.intercept_[0], alone.coef_[0, 0], alone.intercept_[0])))


def mixed(measured: dict[str, Scores], second: str, weight: float) -> dict[str, list[np.ndarray]]:
    """Per set logit + weight * x, x the scores of the second scorer."""
    return {
        n: [logits(p) + weight * c for p, c in zip(s.label, s.second(second))]
        for n, s in measured.items()
    }


def mean_of_sets(measured: dict[str, Scores], scores: dict[str, list[np.ndarray]]) -> float:
    return float(np.mean([mean_precision(s, scores[n]) for n, s in measured.items()]))


def scorers(measured: dict[str, Scores], embedder: str, f: Fit) -> dict[str, dict[str, list[np.ndarray]]]:
    """Per scorer and set the scores as the service gives them."""
    out: dict[str, dict[str, list[np.ndarray]]] = {"label": {}, "bm25": {}, "embed": {}, "hybrid": {}, "fused": {}}
    for name, s in measured.items():
        cosine = s.second(embedder)
        out["label"][name], out["bm25"][name] = s.label, s.bm25
        out["embed"][name] = [f.embed(c) for c in cosine]
        out["hybrid"][name] = [hybrid(c, b) for c, b in zip(cosine, s.bm25)]
        out["fused"][name] = [f.fused(p, c) for p, c in zip(s.label, cosine)]
    return out


def mean_precision(s: Scores, scores: list[np.ndarray]) -> float:
    return float(np.mean([average_precision(p, x) for p, x in zip(s.pairs, scores)]))


def trade(s: Scores, scores: list[np.ndarray], threshold: float) -> tuple[float, float]:
    """What measures.trade says of what is above a threshold."""
    return traded(s.pairs, [x > threshold for x in scores])


def short_licensed(measured: dict[str, Scores]) -> list[str]:
    return [n for n in measured if n in LICENSED and n not in TOO_LONG]


def choose_presets(measured: dict[str, Scores], scores: dict[str, list[np.ndarray]]) -> dict[str, float]:
    """The highest thresholds that reach the aims on the mean of the licensed sets."""
    grid = [round(x, 3) for x in (*np.arange(0.001, 0.1, 0.001), *np.arange(0.1, 0.96, 0.01))]
    names = short_licensed(measured)
    kept = [np.mean([trade(measured[n], scores[n], t)[0] for n in names]) for t in grid]
    best = {preset: [t for t, k in zip(grid, kept) if k >= aim] for preset, aim in AIMS.items()}
    return {preset: max(reached, default=0.0) for preset, reached in best.items()}


def header(args) -> str:
    pruner, embedder = manifest_of(args.pruner), manifest_of(args.embedder)
    beside = "".join(f" {f.name}" for f in args.compare)
    return f"""# Fusion of labeller and embedder

Pruner {pruner["name"]}@{pruner["version"]} ({pruner["files"]["model.onnx"][:12]}), embedder {embedder["name"]}@{embedder["version"]}
({embedder["files"]["model.onnx"][:12]}, {embedder["source"]["base_model"]}). {args.pairs} positives of each development set, {args.long} of
qmsum_long. Weights and presets are fitted on the licensed sets ({", ".join(LICENSED)}).
The scorers see one passage at a time; hybrid and bm25 of a request rank over all of its documents. What each costs: [fusion-cost](fusion-cost.md).
Again, and after every change of either model (RAGPRUNE_SHARED names the folder with `data/dev`):

    python models/export/fuse.py --cache .cache/fuse --write{" --compare" + beside if beside else ""}
"""


def precision_section(measured: dict[str, Scores], kinds, fits: dict[str, Fit]) -> str:
    """Average precision of every scorer on every set."""
    head, columns = ["set", "positives"], []
    plain = {"label": lambda s: s.label, "bm25": lambda s: s.bm25}
    for name, get in plain.items():
        head.append(name)
        columns.append({n: mean_precision(s, get(s)) for n, s in measured.items()})
    for embedder, f in fits.items():
        by_scorer = scorers(measured, embedder, f)
        for name in ("fused",) if embedder == BM25 else ("embed", "hybrid", "fused"):
            head.append(f"{name}, {embedder}")
            columns.append({n: mean_precision(s, by_scorer[name][n]) for n, s in measured.items()})
        head.append(f"fused without the set, {embedder}")
        columns.append({n: left_out(measured[n], kinds, n, embedder, f) for n in measured})
    rows = [
        [n if n in LICENSED else f"{n} (measuring only)", len(s.pairs), *(f"{c[n]:.3f}" for c in columns)]
        for n, s in measured.items()
    ]
    for label, names in (("mean of the licensed sets", short_licensed(measured)), ("mean of all", list(measured))):
        rows.append([label, "", *(f"{np.mean([c[n] for n in names]):.3f}" for c in columns)])
    return (
        "## Ranking\n\nSentence average precision. Without the set: fitted on the other licensed sets, so that the difference to the "
        "column before is what was learned from the set itself. Fused with bm25 in place of an embedder is for comparison. The licensed mean leaves qmsum_long out, which has few pairs here.\n\n"
        + table(head, rows)
    )


def left_out(s: Scores, kinds, name: str, embedder: str, f: Fit) -> float:
    if name in LICENSED:
        f = fit(kinds, embedder, [n for n in LICENSED if n != name])
    return mean_precision(s, [f.fused(p, c) for p, c in zip(s.label, s.second(embedder))])


def weights_section(measured: dict[str, Scores], fits: dict[str, Fit]) -> str:
    rows = []
    for name, f in fits.items():
        chosen = f"{f.cosine / f.logit:.1f}"
        for label, sets in (("licensed", short_licensed(measured)), ("all", list(measured))):
            some = {n: measured[n] for n in sets}
            cells = [f"{mean_of_sets(some, mixed(some, name, w)):.3f}" for w in WEIGHTS]
            rows.append([name, label, *cells, chosen])
    head = ["second scorer", "sets", *(f"w {w:g}" for w in WEIGHTS), "w of the fit"]
    return (
        "## Weight of the second scorer\n\nMean average precision of logit + w * x, x the cosine of an embedder or, for comparison, "
        f"the score of BM25, which costs nothing.\n\n{table(head, rows)}"
    )


def fits_section(fits: dict[str, Fit]) -> str:
    rows = [
        [name, *(f"{v:.3f}" for v in (f.logit, f.cosine, f.bias, f.scale, f.embed_bias))] for name, f in fits.items()
    ]
    head = ["second scorer", "logit", "x", "bias", "alone: scale", "alone: bias"]
    text = "fused = sigmoid(logit * logit(p) + cosine * x + bias), embed = sigmoid(scale * x + bias)."
    return f"## Fit\n\n{text}\n\n{table(head, rows)}"


def presets_section(measured: dict[str, Scores], embedder: str, f: Fit, presets: dict[str, dict[str, float]]) -> str:
    """What survives and goes at each preset; label and bm25 at thresholds chosen likewise."""
    rows, names = [], short_licensed(measured)
    others = [n for n in measured if n not in LICENSED]
    for scorer, scores in scorers(measured, embedder, f).items():
        cells = []
        for t in presets[scorer].values():
            licensed, other = (np.mean([trade(measured[n], scores[n], t) for n in ns], axis=0) for ns in (names, others))
            cells += [f"{t:g}", f"{licensed[0]:.3f} / {licensed[1]:.3f}", f"{other[0]:.3f} / {other[1]:.3f}"]
        rows.append([scorer, *cells])
    head = ["scorer"]
    for preset in AIMS:
        head += [preset, "licensed: survives / removed", "others: survives / removed"]
    aims = ", ".join(f"{name} {aim:.0%}" for name, aim in AIMS.items())
    return (
        f"## Presets\n\nThe highest thresholds at which the answer survives on the mean of the licensed sets: {aims}. "
        "Those of label and bm25 are here to compare at equal survival; the service has its own. Others: sets that only measure.\n\n"
        + table(head, rows)
    )


def write(args, f: Fit, presets: dict[str, dict[str, float]]) -> None:
    """Records the fit in the embedder's manifest, beside those for other pruners."""
    manifest, pruner = manifest_of(args.embedder), manifest_of(args.pruner)
    name = f"{pruner['name']}@{pruner['version']}"
    others = [x for x in manifest.get("scorers", {}).get("fused", []) if x["pruner"] != name]
    rounded = {k: round(v, 4) for k, v in vars(f).items()}
    manifest["scorers"] = {
        "embed": {"scale": rounded["scale"], "bias": rounded["embed_bias"], "presets": presets["embed"]},
        "hybrid": {"presets": presets["hybrid"]},
        "fused": [
            *others,
            {"pruner": name, **{k: rounded[k] for k in ("logit", "cosine", "bias")}, "presets": presets["fused"]},
        ],
    }
    path = args.embedder / "manifest.json"
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    print(f"{path}: fitted to {name}")


if __name__ == "__main__":
    main()
