#!/usr/bin/env python3
"""Compares graphs with fp32 PyTorch on the pairs of reference.py.

    python compare.py --weights ../shared/models/pruner-12l --bundle models/ragprune-small \\
        --reference /tmp/reference.jsonl.gz --out bench/results/model-int8.md

First the bundle and the fp32 export on all pairs, per set. Then, on the first
pairs, how the bundle's int8 came about: the plain recipe, each measure alone,
and each kind of MatMul alone. Speeds are medians of one thread on a window of
256 tokens, all graphs in turn.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnxruntime.quantization import QuantType, quantize_dynamic
from scipy.stats import spearmanr
from tqdm import tqdm

import graph
import int8
import pruner
import smoothing
from export_pruner import calibration_windows
from scoring import session, speed
from windows import Encoder, Window, means, token_scores

THRESHOLDS = (0.05, 0.1, 0.3, 0.5)
KINDS = {
    "query": "/self/query/",
    "key": "/self/key/",
    "value": "/self/value/",
    "attention.output": "/attention/output/",
    "intermediate": "/intermediate/",
    "output (after GELU)": None,
}
COLUMNS = ["graph", "sentences", *(f"same at T {t:g}, %" for t in THRESHOLDS), "mean difference", "largest", "rank correlation"]


@dataclass(frozen=True)
class Case:
    """A pair of the reference: its windows, and what PyTorch says."""

    dataset: str
    windows: list[Window]
    scores: np.ndarray
    logit: float


def main() -> None:
    args = arguments()
    pruner.use_threads(args.threads)
    cases = read(args.reference)
    with tempfile.TemporaryDirectory() as folder:
        graphs = build(args, Path(folder))
        whole = [
            *per_set("int8", run(args.bundle / "model.onnx", cases, args.threads), cases),
            row("fp32 export, all", run(graphs["fp32"], cases, args.threads), cases),
        ]
        some = cases[: args.some]
        parts = [row(name, run(path, some, args.threads), some) for name, path in graphs.items()]
        rates = rates_of(args.bundle / "model.onnx", graphs)
    args.out.write_text("\n".join([header(len(cases)), table(COLUMNS, whole), f"## How it came about, {len(some)} pairs\n", table(COLUMNS, parts), rates]))
    print(args.out.read_text())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--weights", type=Path, required=True, help="folder with config.json and weights.fp16.safetensors")
    add("--bundle", type=Path, required=True, help="bundle folder")
    add("--reference", type=Path, required=True, help="output of reference.py")
    add("--out", type=Path, required=True, help="Markdown file to write")
    add("--some", type=int, default=150, help="pairs for the second table (default: 150)")
    add("--threads", type=int, default=2, help="threads (default: 2)")
    return parser.parse_args()


def header(pairs: int) -> str:
    return f"""# int8 against fp32

{pairs} pairs of the development sets, the graph in ONNX Runtime (Python, batch 1, no
padding) against fp32 PyTorch on the same windows. CPU: {cpu()}. Again with:

    python models/export/reference.py --weights WEIGHTS --bundle models/ragprune-small --pairs 115 --long 2 --out /tmp/reference.jsonl.gz
    python models/export/compare.py --weights WEIGHTS --bundle models/ragprune-small --reference /tmp/reference.jsonl.gz --out bench/results/model-int8.md
"""


def cpu() -> str:
    flags = Path("/proc/cpuinfo").read_text()
    model = next((line.split(": ")[1] for line in flags.splitlines() if line.startswith("model name")), "unknown")
    return f"{model}, {'with' if 'vnni' in flags else 'without'} VNNI"


def read(path: Path) -> list[Case]:
    with gzip.open(path, "rt", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    return [
        Case(
            dataset=r["dataset"],
            windows=[Window(w["ids"], w["types"], w["ranges"]) for w in r["windows"]],
            scores=np.array(r["fp32"]["scores"]),
            logit=r["fp32"]["logit"],
        )
        for r in rows
    ]


def run(graph: Path, cases: list[Case], threads: int) -> list[tuple[np.ndarray, float]]:
    """Scores of the units and rank logit of every case."""
    model, out = session(graph, threads), []
    for case in tqdm(cases, desc=graph.name, unit="pair", mininterval=10):
        keep, ranks = zip(*(model.run(None, w.inputs()) for w in case.windows))
        tokens = token_scores(case.windows, [k[0] for k in keep], len(case.scores))
        out.append((means(tokens), max(float(r[0]) for r in ranks)))
    return out


def per_set(name: str, results, cases: list[Case]) -> list[list[str]]:
    """A row for all cases and one for every set."""
    rows = [row(f"{name}, all", results, cases)]
    for dataset in sorted({c.dataset for c in cases}):
        pairs = [(r, c) for r, c in zip(results, cases) if c.dataset == dataset]
        rows.append(row(f"{name}, {dataset}", *map(list, zip(*pairs))))
    return rows


def row(name: str, results, cases: list[Case]) -> list[str]:
    got, want = np.concatenate([s for s, _ in results]), np.concatenate([c.scores for c in cases])
    difference = np.abs(got - want)
    ranks = spearmanr([logit for _, logit in results], [c.logit for c in cases])[0]
    same = [f"{100 * np.mean((got > t) == (want > t)):.2f}" for t in THRESHOLDS]
    return [name, len(want), *same, f"{difference.mean():.1e}", f"{difference.max():.1e}", f"{ranks:.4f}"]


def build(args, folder: Path) -> dict[str, Path]:
    """The fp32 export and the stages between the plain recipe and the bundle."""
    fp32, smooth = folder / "fp32.onnx", folder / "smooth.onnx"
    graph.export(pruner.load(args.weights), fp32, graph.PRUNER)
    model = pruner.load(args.weights)
    windows = calibration_windows(Encoder(args.bundle / "tokenizer.json"))
    smoothing.smooth(model, smoothing.largest_activations(model, windows, tqdm))
    graph.export(model, smooth, graph.PRUNER)
    graphs = {"fp32": fp32}
    for name, reduced in (("quantize_dynamic", False), ("quantize_dynamic, reduce_range", True)):
        graphs[name] = folder / f"{name}.onnx"
        quantize_dynamic(fp32, graphs[name], weight_type=QuantType.QInt8, per_channel=True, reduce_range=reduced)
    stages = {
        "no overflow": (fp32, int8.is_head, nothing),
        "no overflow, smoothing": (smooth, int8.is_head, nothing),
        "no overflow, tokens scaled": (fp32, int8.is_head, int8.reads_gelu),
        "all three = the bundle": (smooth, int8.is_head, int8.reads_gelu),
    }
    for kind in KINDS:
        stages[f"only {kind}, no overflow"] = (fp32, others(kind), nothing)
    for name, (source, keep, per_token) in stages.items():
        graphs[name] = folder / f"{name.replace('/', ' ')}.onnx"
        int8.quantize(source, graphs[name], keep, per_token)
    return graphs


def nothing(name: str) -> bool:
    return False


def others(kind: str):
    """Whether a node is not of the kind."""
    if KINDS[kind] is None:
        return lambda name: not int8.reads_gelu(name)
    return lambda name: KINDS[kind] not in name


def rates_of(bundle: Path, graphs: dict[str, Path]) -> str:
    named = {"bundle": bundle, **{n: p for n, p in graphs.items() if not n.startswith("only ")}}
    rates = speed([session(p, 1) for p in named.values()], [256] * len(named), rounds=21)
    rows = [[name, f"{path.stat().st_size / 1e6:.1f}", f"{rate:.0f}"] for (name, path), rate in zip(named.items(), rates)]
    return "## Speed\n\n" + table(["graph", "MB", "tokens/s"], rows)


def table(head: list[str], rows: list[list]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in line) + " |" for line in cells) + "\n"


if __name__ == "__main__":
    main()
