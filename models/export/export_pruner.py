#!/usr/bin/env python3
"""Makes a bundle (model.onnx, tokenizer.json, manifest.json) from a weights folder.

    python export_pruner.py --weights ../shared/models/pruner-12l \\
        --config models/export/ragprune-small.json --out models/ragprune-small

The config holds what is chosen rather than computed: name, licences, window,
thresholds, calibration. The same inputs give the same bytes. int8 needs the
training sets, whose activations it measures: RAGPRUNE_SHARED names the folder
with data/train.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from tqdm import tqdm

import bundle
import devdata
import graph
import int8
import pruner
import smoothing
from windows import Encoder, Window

# Window size of the training, and how many passages of each set calibrate.
CALIBRATION_TOKENS, CALIBRATION_PAIRS = 272, 8


def main() -> None:
    args = arguments()
    pruner.use_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    config = json.loads(args.config.read_text())
    tokenizer = args.out / "tokenizer.json"
    shutil.copyfile(args.weights / "tokenizer.json", tokenizer)
    model = args.out / "model.onnx"
    if args.precision == "fp32":
        graph.export(pruner.load(args.weights), model, graph.PRUNER)
    else:
        export_int8(args.weights, Encoder(tokenizer), model)
    check(pruner.load(args.weights), model)
    write_manifest(config, args)
    print(f"{args.out}: model.onnx has {model.stat().st_size / 1e6:.1f} MB")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--weights", type=Path, required=True, help="folder with config.json, weights.fp16.safetensors, tokenizer.json")
    add("--config", type=Path, required=True, help="JSON with the chosen part of the manifest")
    add("--out", type=Path, required=True, help="bundle folder to write")
    add("--precision", choices=("int8", "fp32"), default="int8", help="of the graph's weights (default: int8)")
    add("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    return parser.parse_args()


def export_int8(weights: Path, encoder: Encoder, path: Path) -> None:
    """Smooths with activations of training passages, exports, quantises."""
    model = pruner.load(weights)
    windows = calibration_windows(encoder)
    progress = lambda items: tqdm(items, desc="calibrate", unit="window")  # noqa: E731
    smoothing.smooth(model, smoothing.largest_activations(model, windows, progress))
    with graph.scratch() as folder:
        plain = Path(folder) / "fp32.onnx"
        graph.export(model, plain, graph.PRUNER)
        count = int8.quantize(plain, path)
    print(f"int8: {count} MatMul and the word embeddings; heads, layer norms and positions stay fp32")


def calibration_windows(encoder: Encoder) -> list[Window]:
    return [
        encoder.windows(pair.query, pair.units, CALIBRATION_TOKENS, 0)[0]
        for name in devdata.names("train")
        for pair in devdata.sample(name, CALIBRATION_PAIRS, "train")
    ]


def check(model: pruner.Pruner, path: Path) -> None:
    """Prints how far the graph is from PyTorch, with and without padding."""
    for d in graph.differences(model, path):
        print(f"{d.batch}x{d.tokens}: largest difference {d.sigmoid[0]:.1e} in a keep probability, {d.raw[1]:.1e} in a rank logit")


def write_manifest(config: dict, args: argparse.Namespace) -> None:
    bundle.write_manifest(
        args.out,
        config,
        args.weights / pruner.WEIGHTS_FILE,
        [bundle.MODEL, bundle.TOKENIZER],
        graph.INPUTS,
        graph.PRUNER.names,
        args.precision,
        activation="sigmoid",
        query_normalization="none",
    )


if __name__ == "__main__":
    main()
