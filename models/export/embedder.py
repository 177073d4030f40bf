"""The encoder of a sentence embedder in PyTorch, from what it is published as.

Read are folders in the style of Hugging Face (config.json with
model.safetensors or pytorch_model.bin) and ONNX graphs of BERT encoders whose
nodes still have their module's names, as the exporters of transformers and
optimum leave them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from transformers import AutoConfig, AutoModel, BertConfig, BertModel

POOLINGS = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean"}


class Embedder(nn.Module):
    """An encoder whose output is its last layer, [batch, tokens, dimensions]."""

    def __init__(self, encoder: nn.Module):
        super().__init__()
        self.enc = encoder

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.enc(
            input_ids=input_ids,
            attention_mask=attention_mask,
            token_type_ids=token_type_ids,
        ).last_hidden_state


def load(source: Path) -> Embedder:
    """Reads a folder or an .onnx file, in fp32 and without dropout."""
    encoder = _from_folder(source) if source.is_dir() else _from_onnx(source)
    return Embedder(encoder.eval())


def weights_file(source: Path) -> Path:
    """The file that holds the weights of a source."""
    if source.is_file():
        return source
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (source / name).is_file():
            return source / name
    raise SystemExit(f"{source} holds neither model.safetensors nor pytorch_model.bin")


def published_pooling(source: Path) -> str | None:
    """What sentence-transformers wrote about pooling, if it did."""
    file = source / "1_Pooling" / "config.json"
    if not file.is_file():
        return None
    settings = json.loads(file.read_text())
    named = [POOLINGS.get(k) for k, on in settings.items() if k.startswith("pooling_mode_") and on is True]
    if len(named) != 1 or named[0] is None:
        raise SystemExit(f"{file}: this program pools by cls or mean, not both and nothing else")
    return named[0]


def _from_folder(folder: Path) -> nn.Module:
    config = AutoConfig.from_pretrained(str(folder))
    if config.model_type != "bert":
        raise SystemExit(f"{folder}: model_type is {config.model_type}, this program exports bert")
    weights_file(folder)
    return AutoModel.from_pretrained(
        str(folder), add_pooling_layer=False, attn_implementation="eager", dtype=torch.float32
    )


def _from_onnx(path: Path) -> nn.Module:
    """Rebuilds BertModel from the initializers of a graph. Every tensor must be there.

    Exporters fold the transposes of Linear weights away and rename them, so
    these are found by the MatMul that reads them.
    """
    graph = onnx.load(str(path)).graph
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    state = {k: v for k, v in tensors.items() if re.match(r"(embeddings|encoder)\.", k)}
    for node in graph.node:
        module = node.name.strip("/").replace("/", ".").removesuffix(".MatMul")
        if node.op_type == "MatMul" and node.input[1] in tensors and module.startswith("encoder."):
            state[f"{module}.weight"] = tensors[node.input[1]].T
    model = BertModel(_config(state), add_pooling_layer=False)
    loaded = {k: torch.from_numpy(np.ascontiguousarray(v)).float() for k, v in state.items()}
    missing, unexpected = model.load_state_dict(loaded, strict=False)
    missing = [k for k in missing if not k.endswith("_ids")]
    if missing or unexpected:
        raise SystemExit(f"{path} is not a BERT encoder with named nodes: missing {missing[:3]}, unexpected {unexpected[:3]}")
    return model


def _config(state: dict[str, np.ndarray]) -> BertConfig:
    """The shape of the encoder; heads have 32 dimensions at width 384, else 64, as published BERTs do."""
    words = state.get("embeddings.word_embeddings.weight")
    if words is None:
        raise SystemExit("the graph has no tensor embeddings.word_embeddings.weight")
    width = words.shape[1]
    layers = 1 + max(int(k.split(".")[2]) for k in state if k.startswith("encoder.layer."))
    config = BertConfig(
        vocab_size=words.shape[0],
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // (32 if width == 384 else 64),
        intermediate_size=state["encoder.layer.0.intermediate.dense.bias"].shape[0],
        max_position_embeddings=state["embeddings.position_embeddings.weight"].shape[0],
        type_vocab_size=state["embeddings.token_type_embeddings.weight"].shape[0],
    )
    config._attn_implementation = "eager"
    return config
