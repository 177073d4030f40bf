#!/usr/bin/env python3
"""Embeds every query and sentence of the training sets once, for distillation.

    python models/train/teacher.py --config models/train/small.json --cache DIR

train.py does it for the texts it comes to; this does it ahead for all, which
neighbours by embedding need. Models are ONNX files of BertModel shape.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import shared  # noqa: F401
import corpus as corpora
import numpy as np
import onnx
import torch
from lengths import grouped
from onnx import numpy_helper
from student import encode
from tqdm import tqdm
from transformers import BertConfig, BertModel
from windows import CLS, SEP, Encoder

MAX_TOKENS = 128
BATCH_TOKENS = 16384
FILL_TEXTS = 20000
# What an exporter may put before the names of BertModel.
PREFIX = re.compile(r"^.*?(?=(embeddings|encoder)\.)")


@dataclass(frozen=True)
class Embedder:
    """A bi-encoder: prefixes of queries and passages, pooling `cls` or `mean`.

    `model` and `tokenizer` are files in folder.
    """

    name: str
    model: str
    tokenizer: str
    pooling: str
    folder: Path
    width: int = 384
    heads: int = 12
    query_prefix: str = ""
    passage_prefix: str = ""

    @cached_property
    def _device(self) -> str:
        return "cuda" if torch.cuda.is_available() else "cpu"

    @cached_property
    def _model(self) -> BertModel:
        return bert_from_onnx(self.folder / self.model, self.heads).to(self._device, torch.bfloat16).eval()

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder(self.folder / self.tokenizer)

    def embed(self, texts: list[str], label: str = "") -> np.ndarray:
        """Unit vectors [texts, width] of at most MAX_TOKENS tokens each; a label shows progress."""
        tokens = [[CLS, *ids[: MAX_TOKENS - 2], SEP] for ids in self._encoder.tokens(texts)]
        vectors = np.zeros((len(texts), self.width), dtype=np.float16)
        groups = grouped([len(t) for t in tokens], BATCH_TOKENS)
        for part in tqdm(groups, desc=label, unit="batch", mininterval=5, disable=not label):
            vectors[part] = _pooled(self._model, [tokens[i] for i in part], self.pooling, self._device)
        return vectors


class Vectors:
    """Unit vectors of numbered texts [texts, width] in fp16, computed when first needed.

    They are kept in a file, so every text is embedded once over all runs.
    """

    def __init__(self, embedder: Embedder, prefix: str, texts: list[str], cache: Path):
        self._embedder, self._prefix, self._texts = embedder, prefix, texts
        cache.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256("\0".join([embedder.pooling, prefix, *texts]).encode()).hexdigest()[:16]
        path = cache / f"{embedder.name}-{digest}.npy"
        self._rows = _mapped(path, np.float16, (len(texts), embedder.width))
        self._done = _mapped(path.with_suffix(".done.npy"), np.bool_, (len(texts),))

    def get(self, numbers: list[int]) -> np.ndarray:
        """The vectors of the numbered texts, fp32; what is missing is computed."""
        self.fill(numbers)
        return self._rows[numbers].astype(np.float32)

    def fill(self, numbers, label: str = "") -> None:
        """Computes what is missing of the numbered texts, together, which is faster."""
        missing = [n for n in sorted(set(numbers)) if not self._done[n]]
        for start in range(0, len(missing), FILL_TEXTS):
            part = missing[start : start + FILL_TEXTS]
            about = f"{label} {start}/{len(missing)}" if label else ""
            self._rows[part] = self._embedder.embed([self._prefix + self._texts[n] for n in part], about)
            self._done[part] = True

    def all(self, label: str) -> np.ndarray:
        """All vectors, fp32."""
        self.fill(range(len(self._texts)), label)
        return self._rows.astype(np.float32)


@dataclass(frozen=True)
class Teacher:
    """A bi-encoder's vectors of the queries and the units of a corpus."""

    queries: Vectors
    units: Vectors


def load(options: dict, corpus: corpora.Corpus, cache: Path) -> Teacher:
    embedder = Embedder(**options, folder=cache)
    return Teacher(
        queries=Vectors(embedder, embedder.query_prefix, corpus.queries, cache),
        units=Vectors(embedder, embedder.passage_prefix, corpus.units, cache),
    )


def _mapped(path: Path, dtype, shape: tuple[int, ...]) -> np.ndarray:
    if path.exists():
        return np.lib.format.open_memmap(path, mode="r+")
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="training config (JSON)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the vectors")
    parser.add_argument("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    config = json.loads(args.config.read_text())
    encoder = Encoder(Path(config["start"]) / "tokenizer.json")
    corpus = corpora.read(config["sets"], encoder)
    for options in config["teachers"]:
        vectors = load(options["embedder"], corpus, args.cache)
        vectors.queries.all("queries")
        vectors.units.all("units")


@torch.inference_mode()
def _pooled(model: BertModel, batch: list[list[int]], pooling: str, device: str) -> np.ndarray:
    lengths = torch.tensor([len(ids) for ids in batch], device=device)
    ids = torch.zeros(len(batch), int(lengths.max()), dtype=torch.long)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
    ids = ids.to(device)
    *_, state = encode(model, ids, torch.zeros_like(ids), lengths)
    if pooling == "cls":
        pooled = state[:, 0].float()
    else:
        inside = (torch.arange(ids.shape[1], device=device)[None] < lengths[:, None]).float()
        pooled = (state.float() * inside[..., None]).sum(1)
    return torch.nn.functional.normalize(pooled, dim=-1).half().cpu().numpy()


def bert_from_onnx(path: Path, heads: int) -> BertModel:
    """A BertModel with so many attention heads from an exported graph.

    Exporters keep the names of all tensors but the matrices of linear layers,
    which they transpose; those are found through the MatMul that reads them.
    """
    graph = onnx.load(str(path)).graph
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    state = {n: torch.tensor(t) for n, t in tensors.items() if n.endswith((".weight", ".bias"))}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in tensors:
            name = node.name.removesuffix("/MatMul").strip("/").replace("/", ".")
            state[f"{name}.weight"] = torch.tensor(tensors[node.input[1]].T.copy())
    state = {PREFIX.sub("", name, count=1): tensor for name, tensor in state.items()}
    words, hidden = state["embeddings.word_embeddings.weight"].shape
    layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder.layer."))
    config = BertConfig(
        vocab_size=words,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=len(state["embeddings.position_embeddings.weight"]),
        intermediate_size=state["encoder.layer.0.intermediate.dense.bias"].shape[0],
    )
    model = BertModel(config, add_pooling_layer=False)
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [k for k in missing if not k.endswith("_ids")]
    if missing or unexpected:
        raise ValueError(f"{path}: missing {missing}, unexpected {unexpected}")
    return model


if __name__ == "__main__":
    main()
