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
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from tqdm import tqdm

import devdata
import int8
import pruner
import smoothing
from windows import Encoder, Window, sigmoid

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUTS = ("keep_logits", "rank_logit")
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
        export(pruner.load(args.weights), model)
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


def export(model: pruner.Pruner, path: Path) -> None:
    """Writes model as an fp32 graph with dynamic batch and token axes."""
    ids = torch.arange(48).reshape(2, 24)
    types = (torch.arange(24) > 8).long().expand(2, 24)
    tokens = {0: "batch", 1: "tokens"}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (ids, torch.ones_like(ids), types),
            str(path),
            opset_version=OPSET,
            dynamo=False,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={**dict.fromkeys(INPUTS, tokens), "keep_logits": tokens, "rank_logit": {0: "batch"}},
        )


def export_int8(weights: Path, encoder: Encoder, path: Path) -> None:
    """Smooths with activations of training passages, exports, quantises."""
    model = pruner.load(weights)
    windows = calibration_windows(encoder)
    progress = lambda items: tqdm(items, desc="calibrate", unit="window")  # noqa: E731
    smoothing.smooth(model, smoothing.largest_activations(model, windows, progress))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "fp32.onnx"
        export(model, plain)
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
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    random = torch.Generator().manual_seed(1)
    for batch, tokens, padding in ((1, 16, 0), (1, 300, 0), (3, 128, 40), (1, 512, 0)):
        ids = torch.randint(1000, 20000, (batch, tokens), generator=random)
        mask = torch.ones_like(ids)
        mask[1:, tokens - padding :] = 0
        types = (torch.arange(tokens) > 8).long().expand(batch, tokens)
        with torch.no_grad():
            want = model(ids, mask, types)
        got = session.run(None, {k: v.numpy() for k, v in zip(INPUTS, (ids, mask, types))})
        keep = np.abs(sigmoid(want[0].numpy()) - sigmoid(got[0]))[mask.numpy() == 1].max()
        rank = np.abs(want[1].numpy() - got[1]).max()
        print(f"{batch}x{tokens}: largest difference {keep:.1e} in a keep probability, {rank:.1e} in a rank logit")


def write_manifest(config: dict, args: argparse.Namespace) -> None:
    files = ("model.onnx", "tokenizer.json")
    source = {**config["source"], "weights_sha256": pruner.sha256(args.weights / pruner.WEIGHTS_FILE)}
    manifest = {
        "format": 1,
        **config,
        "source": source,
        "precision": args.precision,
        "files": {name: pruner.sha256(args.out / name) for name in files},
        "model": files[0],
        "tokenizer": files[1],
        "inputs": dict(zip(("ids", "mask", "types"), INPUTS)),
        "outputs": dict(zip(("keep", "rank"), OUTPUTS)),
        "activation": "sigmoid",
        "query_normalization": "none",
    }
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
