"""A PyTorch module to an ONNX graph, and how far the graph is from the module.

Every kind of bundle is exported here. A graph has dynamic batch and token axes;
ragprune runs one sequence at a time, unpadded.
"""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# A protobuf holds less than 2 GiB, so weights beyond this go into a file beside it.
EXTERNAL_ABOVE = 1_900_000_000
EXTERNAL_SUFFIX = ".data"

BATCH, TOKENS = {0: "batch"}, {0: "batch", 1: "tokens"}


@dataclass(frozen=True)
class Outputs:
    """What a kind of graph gives: names by their place in the manifest, and their dynamic axes."""

    names: dict[str, str]
    axes: tuple[dict[int, str], ...]


PRUNER = Outputs({"keep": "keep_logits", "rank": "rank_logit"}, (TOKENS, BATCH))
RERANKER = Outputs({"rank": "rank_logit"}, (BATCH,))
EMBEDDER = Outputs({"hidden": "last_hidden_state"}, (TOKENS,))


def export(model: nn.Module, path: Path, outputs: Outputs, inputs=INPUTS, vocabulary: int = 2048) -> None:
    """Writes model, called with the named inputs in their order, as an fp32 graph."""
    ids = torch.arange(48).reshape(2, 24) % vocabulary
    # Token types 0 and 1, as in a pair.
    examples = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    examples["token_type_ids"] = (torch.arange(24) > 8).long().expand(2, 24)
    names = list(outputs.names.values())
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            tuple(examples[name] for name in inputs),
            str(path),
            opset_version=OPSET,
            dynamo=False,
            input_names=list(inputs),
            output_names=names,
            dynamic_axes={**dict.fromkeys(inputs, TOKENS), **dict(zip(names, outputs.axes))},
        )


def parameters_bytes(model: nn.Module, size: int = 4) -> int:
    """What the weights of model take with so many bytes a number."""
    return size * sum(p.numel() for p in model.parameters())


def save(model: onnx.ModelProto, path: Path, external: bool) -> list[str]:
    """Writes a graph and returns the names of its files: one, or two if weights lie beside it."""
    if not external:
        onnx.save(model, str(path))
        return [path.name]
    beside = path.name + EXTERNAL_SUFFIX
    onnx.save(model, str(path), save_as_external_data=True, all_tensors_to_one_file=True, location=beside)
    return [path.name, beside]


def large(model: nn.Module) -> bool:
    """Whether the fp32 weights of model do not fit into one protobuf."""
    return parameters_bytes(model) > EXTERNAL_ABOVE


def scratch() -> tempfile.TemporaryDirectory:
    """A folder for graphs on the way; the exporter leaves files beside large ones."""
    return tempfile.TemporaryDirectory(prefix="ragprune-export-")


def differences(model: nn.Module, path: Path, inputs=INPUTS, vocabulary: int = 20000, longest: int = 512) -> list[Difference]:
    """How far each output of the graph is from the module's, with and without padding."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    random = torch.Generator().manual_seed(1)
    shapes = ((1, 16, 0), (1, min(300, longest), 0), (3, min(128, longest), min(40, longest // 3)), (1, longest, 0))
    return [_difference(model, session, inputs, vocabulary, shape, random) for shape in shapes]


@dataclass(frozen=True)
class Difference:
    """The largest difference of each output over the tokens that are no padding, and of its sigmoid."""

    batch: int
    tokens: int
    raw: tuple[float, ...]
    sigmoid: tuple[float, ...]


def _difference(model, session, inputs, vocabulary, shape, random) -> Difference:
    batch, tokens, padding = shape
    ids = torch.randint(min(1000, vocabulary // 2), vocabulary, (batch, tokens), generator=random)
    mask = torch.ones_like(ids)
    mask[1:, tokens - padding :] = 0
    values = {"input_ids": ids, "attention_mask": mask, "token_type_ids": (torch.arange(tokens) > 8).long().expand(batch, tokens)}
    with torch.no_grad():
        want = model(*(values[name] for name in inputs))
    want = [w.numpy() for w in (want if isinstance(want, tuple) else (want,))]
    got = session.run(None, {name: values[name].numpy() for name in inputs})
    real = mask.numpy() == 1
    pairs = [(w[real], g[real]) if w.ndim > 1 else (w, g) for w, g in zip(want, got)]
    return Difference(
        batch,
        tokens,
        raw=tuple(float(np.abs(w - g).max()) for w, g in pairs),
        sigmoid=tuple(float(np.abs(_sigmoid(w) - _sigmoid(g)).max()) for w, g in pairs),
    )


def _sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, dtype=np.float64)))
