#!/usr/bin/env python3
"""Writes what fp32 PyTorch says about development pairs, for comparison elsewhere.

    python reference.py --weights ../shared/models/pruner-12l \\
        --bundle models/ragprune-small --out /tmp/reference.jsonl.gz

One JSON object a line: id, dataset, query, title, units, relevant, answer,
positive; windows, each with ids, types and ranges [[unit, start, end], ...]
(token positions in ids; only what the window decides); fp32 with tokens (keep
probabilities per unit), scores (their means), logits (rank, one a window) and
logit (the largest). Window and overlap come from the bundle's manifest.

    python reference.py --weights ... --bundle models/ragprune-small \\
        --golden models/ragprune-small/testdata/golden.json

writes the small golden file instead: the self-written pairs of
golden_pairs.json, one window each, with fp32 (PyTorch) and int8 (the bundle's
graph) scores.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

import devdata
import pruner
from scoring import session
from windows import Encoder, Window, means, token_scores

PAIRS = Path(__file__).with_name("golden_pairs.json")


def main() -> None:
    args = arguments()
    pruner.use_threads(args.threads)
    manifest = json.loads((args.bundle / "manifest.json").read_text())
    encoder = Encoder(args.bundle / manifest["tokenizer"])
    model = TorchRunner(pruner.load(args.weights))
    size, overlap = manifest["window_tokens"], manifest["overlap_tokens"]
    if args.golden:
        graph = GraphRunner(args.bundle / manifest["model"])
        rows = [golden(pair, encoder, model, graph, size, overlap) for pair in json.loads(PAIRS.read_text())]
        args.golden.parent.mkdir(parents=True, exist_ok=True)
        text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        args.golden.write_text(f"[\n{text}\n]\n")
        return
    pairs = chosen(args.pairs, args.long)
    with gzip.open(args.out, "wt", encoding="utf-8") as f:
        for pair in tqdm(pairs, unit="pair", mininterval=5):
            f.write(json.dumps(reference(pair, encoder, model, size, overlap), ensure_ascii=False) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--weights", type=Path, required=True, help="folder with config.json and weights.fp16.safetensors")
    add("--bundle", type=Path, required=True, help="bundle folder, for tokenizer, window and overlap")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--out", type=Path, help="reference to write, .jsonl.gz")
    target.add_argument("--golden", type=Path, help="golden file to write, .json")
    add("--pairs", type=int, default=120, help="pairs of every set (default: 120)")
    add("--long", type=int, default=4, help="pairs of qmsum_long, about 9,000 tokens each (default: 4)")
    add("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    return parser.parse_args()


class TorchRunner:
    """Runs windows one by one in PyTorch."""

    def __init__(self, model: pruner.Pruner):
        self._model = model

    def __call__(self, window: Window) -> tuple[np.ndarray, float]:
        with torch.inference_mode():
            keep, rank = self._model(**{k: torch.from_numpy(v) for k, v in window.inputs().items()})
        return keep[0].numpy(), float(rank[0])


class GraphRunner:
    """Runs windows one by one in ONNX Runtime."""

    def __init__(self, model: Path):
        self._session = session(model, 1)

    def __call__(self, window: Window) -> tuple[np.ndarray, float]:
        keep, rank = self._session.run(None, window.inputs())
        return keep[0], float(rank[0])


def chosen(pairs: int, long: int) -> list[devdata.Pair]:
    """The pairs of the reference: the sets in turn, so that a part of it is a fair sample."""
    sets = [devdata.sample(name, long if name == "qmsum_long" else pairs) for name in devdata.names()]
    longest = max(map(len, sets))
    return [s[i] for i in range(longest) for s in sets if i < len(s)]


def reference(pair: devdata.Pair, encoder: Encoder, model, size: int, overlap: int) -> dict:
    windows = encoder.windows(pair.query, pair.units, size, overlap)
    keep, ranks = zip(*map(model, windows))
    tokens = token_scores(windows, list(keep), len(pair.units))
    return {
        "id": pair.id,
        "dataset": pair.dataset,
        "query": pair.query,
        "title": pair.title,
        "units": pair.units,
        "relevant": pair.relevant,
        "answer": pair.answers,
        "positive": pair.positive,
        "windows": [{"ids": w.ids, "types": w.types, "ranges": w.pieces} for w in windows],
        "fp32": {
            "tokens": [np.round(t, 6).tolist() for t in tokens],
            "scores": np.round(means(tokens), 7).tolist(),
            "logits": [round(r, 6) for r in ranks],
            "logit": round(max(ranks), 6),
        },
    }


def golden(pair: dict, encoder: Encoder, model, graph, size: int, overlap: int) -> dict:
    windows = encoder.windows(pair["query"], pair["units"], size, overlap)
    if len(windows) != 1:
        raise ValueError(f"{pair['query']!r} does not fit one window")
    return {
        **pair,
        "fp32": scored(windows, model, len(pair["units"])),
        "int8": scored(windows, graph, len(pair["units"])),
        "ids": windows[0].ids,
        "types": windows[0].types,
        "ranges": [[start, end] for _, start, end in windows[0].pieces],
    }


def scored(windows: list[Window], run, units: int) -> dict:
    keep, ranks = zip(*map(run, windows))
    scores = means(token_scores(windows, list(keep), units))
    return {"scores": np.round(scores, 6).tolist(), "logit": round(ranks[0], 5)}


if __name__ == "__main__":
    main()
