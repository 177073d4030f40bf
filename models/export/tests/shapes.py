#!/usr/bin/env python3
"""Converts random weights in the shapes of published models, and measures the graphs.

    python models/export/tests/shapes.py --work /tmp/shapes

With --checkpoints it only makes the model folders, for convert.py, and keeps them.
Otherwise it prints a Markdown table: size, the largest difference from PyTorch, the time to
load (of ONNX Runtime in Python, one thread, from a warm disk), and the memory
that the loaded graph takes. Weights are as transformers initialises them, so
differences are those of rounding and not of a trained model.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForSequenceClassification

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent)]
import checkpoint  # noqa: E402
import convert  # noqa: E402
import graph  # noqa: E402
import heads  # noqa: E402
import tiny  # noqa: E402

SHAPES = {
    "BERT-base": ("bert", dict(vocab_size=30522)),
    "ModernBERT-base": ("modernbert", dict(vocab_size=50368)),
    "DeBERTa-v3-base": ("deberta-v2", dict(vocab_size=128100, hidden_size=768, num_hidden_layers=12, num_attention_heads=12,
                                           intermediate_size=3072, relative_attention=True, position_buckets=256, norm_rel_ebd="layer_norm",
                                           share_att_key=True, pos_att_type="p2c|c2p", position_biased_input=False, max_relative_positions=-1,
                                           type_vocab_size=0, pooler_hidden_size=768, pooler_dropout=0, pooler_hidden_act="gelu")),
    "XLM-RoBERTa-base": ("xlm-roberta", dict(vocab_size=250002, max_position_embeddings=514, type_vocab_size=1)),
}  # fmt: skip

LOAD = """
import json, sys, time
import onnxruntime as ort
resident = lambda: int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1]) / 1024
o = ort.SessionOptions(); o.intra_op_num_threads = 1
before, start = resident(), time.perf_counter()
session = ort.InferenceSession(sys.argv[1], o, providers=["CPUExecutionProvider"])
print(json.dumps([time.perf_counter() - start, resident() - before]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for models; each is removed when it is measured")
    parser.add_argument("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    parser.add_argument("--checkpoints", action="store_true", help="make the folders of --work that convert.py takes, and no more")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.checkpoints:
        for name, (family, settings) in SHAPES.items():
            print(checkpoint_of(args.work / name, family, settings))
        return
    print("| shape | parameters, million | precision | MB | largest difference of a keep probability | of the relevance | load, s | memory, MB |")
    print("|---|--:|---|--:|--:|--:|--:|--:|")
    for name, (family, settings) in SHAPES.items():
        folder = checkpoint_of(args.work / name, family, settings)
        for precision in ("fp32", "int8"):
            print(row(name, folder, precision), flush=True)
        shutil.rmtree(folder)


def checkpoint_of(folder: Path, family: str, settings: dict) -> Path:
    """A folder of the OpenProvence layout; its tokenizer has entries for all ids."""
    torch.manual_seed(1)
    config = AutoConfig.for_model(family, num_labels=1, **settings)
    model = AutoModelForSequenceClassification.from_config(config)
    state = {f"ranking_model.{k}": v.contiguous() for k, v in model.state_dict().items()}
    state["pruning_head.classifier.weight"] = torch.randn(2, config.hidden_size) * 0.1
    state["pruning_head.classifier.bias"] = torch.zeros(2)
    folder.mkdir(parents=True)
    save_file(state, folder / "model.safetensors")
    top = {"model_type": "open_provence", "base_model_config": config.to_dict(), "max_length": 512, "transformers_version": "4.57.1"}
    (folder / "config.json").write_text(json.dumps(top))
    words = json.loads(tiny.tokenizer("bert").to_str())
    vocab = words["model"]["vocab"]
    words["model"]["vocab"] = vocab | {f"w{i}": i for i in range(len(vocab), config.vocab_size)}
    (folder / "tokenizer.json").write_text(json.dumps(words))
    return folder


def row(name: str, folder: Path, precision: str) -> str:
    out = folder.with_name(f"{folder.name}-{precision}")
    out.mkdir()
    built = heads.build(checkpoint.read(folder), checkpoint.OPEN_PROVENCE)
    with contextlib.redirect_stdout(io.StringIO()):
        files = convert.write_graph(built, out, precision, lambda step: None)
    found = graph.differences(built.module, out / "model.onnx", built.inputs, built.vocabulary)
    keep, rank = (max(d.sigmoid[i] for d in found) for i in (0, 1))
    millions, size = graph.parameters_bytes(built.module, 1) / 1e6, sum((out / f).stat().st_size for f in files)
    del built
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    loads = [json.loads(subprocess.run([sys.executable, "-c", LOAD, str(out / "model.onnx")], env=environment, check=True, capture_output=True).stdout) for _ in range(3)]
    seconds, memory = sorted(loads)[1]
    shutil.rmtree(out)
    return f"| {name} | {millions:.0f} | {precision} | {size / 1e6:.0f} | {keep:.1e} | {rank:.1e} | {seconds:.2f} | {memory:.0f} |"


if __name__ == "__main__":
    main()
