#!/usr/bin/env python3
"""Makes a weights folder from an int8 bundle, to train on from it.

    python models/train/restore.py --bundle models/ragprune-small --out ~/runs/start

The repository holds bundles, not fp16 weights. What rounding to int8 took is
gone, and the first few hundred steps of a training make up for it. The
factors that smoothing put in front of the products go back into the weights;
the scale between value and attention.output stays folded in, it changes nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

import shared  # noqa: F401
import pruner
import weights
from transformers import BertConfig

# The product of queries and keys, multiplied by 1/sqrt(width of a head).
SCALED = "/enc/encoder/layer.0/attention/self/Mul_output_0"
TABLE = "/enc/embeddings/word_embeddings/Gather_table"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="folder made by export_pruner.py with int8 weights")
    parser.add_argument("--out", type=Path, required=True, help="weights folder to write")
    args = parser.parse_args()
    try:
        restore(args.bundle, args.out)
    except (ValueError, OSError) as error:
        parser.error(str(error))


def restore(bundle: Path, out: Path) -> None:
    """Writes config, tokenizer and weights of the int8 graph of bundle to out."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    if manifest["kind"] != "pruner" or manifest["precision"] != "int8":
        raise ValueError(f"{bundle} holds a {manifest['precision']} {manifest['kind']}, want an int8 pruner")
    graph = onnx.load(str(bundle / manifest["model"])).graph
    makers = {output: node for node in graph.node for output in node.output}
    state = tensors(graph, makers)
    config = config_of(state, factor(makers, SCALED))
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder)
        (start / "config.json").write_text(json.dumps(config))
        shutil.copyfile(bundle / manifest["tokenizer"], start / "tokenizer.json")
        weights.save(out, state, start, config["num_hidden_layers"])
    pruner.load(out)


def tensors(graph: onnx.GraphProto, makers: dict[str, onnx.NodeProto]) -> dict[str, torch.Tensor]:
    """The tensors of graph by the names of a weights folder."""
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    state = {n: v for n, v in values.items() if n.startswith(("enc.", "tok.", "rank."))}
    state["enc.embeddings.word_embeddings.weight"] = values[TABLE] * values[TABLE + "_scale"]
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            name = node.name.removesuffix("/MatMul_quant").strip("/").replace("/", ".")
            product = values[node.input[1]] * values[node.input[1] + "_scale"]
            smoothed = factor(makers, makers[node.input[0]].input[0])
            state[name + ".weight"] = (product * smoothed.reshape(-1, 1)).T
        elif node.name == "/tok/MatMul":
            state["tok.weight"] = values[node.input[1]].T
    return {n: torch.from_numpy(np.array(v, dtype=np.float32, order="C")) for n, v in state.items()}


def factor(makers: dict[str, onnx.NodeProto], value: str) -> np.ndarray:
    """The constant that a value was multiplied by last, 1 if it was not."""
    maker = makers.get(value)
    if maker is not None and maker.op_type == "Mul":
        for name in maker.input:
            if name in makers and makers[name].op_type == "Constant":
                return numpy_helper.to_array(makers[name].attribute[0].t)
    return np.ones(1, np.float32)


def config_of(state: dict[str, torch.Tensor], attention_scale: np.ndarray) -> dict:
    """The BERT config that the shapes of state and the scale of the attention tell."""
    words, hidden = state["enc.embeddings.word_embeddings.weight"].shape
    config = BertConfig(
        vocab_size=words,
        hidden_size=hidden,
        num_hidden_layers=len({n.split(".")[3] for n in state if n.startswith("enc.encoder.layer.")}),
        num_attention_heads=round(hidden * float(attention_scale.item()) ** 2),
        intermediate_size=state["enc.encoder.layer.0.intermediate.dense.bias"].shape[0],
        max_position_embeddings=state["enc.embeddings.position_embeddings.weight"].shape[0],
    )
    return config.to_dict()


if __name__ == "__main__":
    main()
