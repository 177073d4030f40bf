"""Dynamic int8 quantisation of the exported graph.

The operators are those that onnxruntime's quantize_dynamic writes
(DynamicQuantizeLinear, MatMulInteger), so ONNX Runtime fuses and runs them
alike. What differs is the choice of the weights:

* The scale of an output column is the smallest that keeps every pair of
  neighbouring rows from overflowing 16 bits (see `column_scales`). CPUs
  without VNNI multiply such pairs with VPMADDUBSW, which saturates; with these
  weights it never does, so every CPU computes the same integers. `reduce_range`
  has the same aim and gives up a whole bit for it.
* The word embeddings are quantised row by row.
* The input of the second feed-forward MatMul is divided by the largest value
  of each token first. [CLS] and [SEP] are 5 to 10 times as large there as any
  word and would leave the words few of the 255 steps.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

# Two products of an activation (0 to 255) and a weight must fit in 16 bits.
PAIR_LIMIT = 32767 // 255
WEIGHT_LIMIT = 127
EMBEDDINGS = ("word_embeddings", "tok_embeddings")
# Tokens with a smaller maximum are not enlarged; GELU's minimum is -0.17.
TOKEN_FLOOR = 0.25


def is_head(name: str) -> bool:
    """Whether a node belongs to the token or the rank head, which stay in fp32."""
    return name.startswith(("/tok/", "/rank/"))


def reads_gelu(name: str) -> bool:
    """Whether a node is the second MatMul of a feed-forward block."""
    return ("/output/dense/" in name and "/attention/" not in name) or "/mlp/Wo/" in name


def quantize(source: Path, target: Path, keep_fp32=is_head, per_token=reads_gelu) -> int:
    """Writes the int8 form of source to target and returns how many MatMul changed.

    Both functions are asked with the names of nodes: keep_fp32 whether one
    stays as it is, per_token whether its input is scaled token by token.
    """
    model, matmuls = quantized(onnx.load(str(source)), keep_fp32, per_token)
    onnx.save(model, str(target))
    return matmuls


def quantized(model: onnx.ModelProto, keep_fp32, per_token=reads_gelu) -> tuple[onnx.ModelProto, int]:
    """The int8 form of model, which it changes, and how many MatMul changed."""
    editor = _Editor(model.graph, per_token)
    nodes = []
    for node in model.graph.node:
        nodes.extend([node] if keep_fp32(node.name) else editor.replace(node))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    editor.drop_unused()
    onnx.checker.check_model(model)
    return model, editor.matmuls


def column_scales(weights: np.ndarray) -> np.ndarray:
    """Per column the smallest scale without clipping and without 16-bit overflow.

    MLAS multiplies rows 2k and 2k+1 of a column as one pair. The sum of a
    pair's products overflows only if the weights add up to more than 128 in
    the same direction.
    """
    largest = np.abs(weights).max(axis=0)
    pairs = np.abs(weights[0::2] + weights[1::2]).max(axis=0)
    # Rounding may add a half to each weight of a pair.
    scale = np.maximum(largest / WEIGHT_LIMIT, pairs / (PAIR_LIMIT - 1))
    return np.where(scale > 0, scale, 1.0).astype(np.float32)


class _Editor:
    def __init__(self, graph: onnx.GraphProto, per_token):
        self._graph = graph
        self._per_token = per_token
        self._weights = {t.name: t for t in graph.initializer}
        self._activations: dict[str, tuple[str, str, str]] = {}
        self.matmuls = 0

    def replace(self, node: onnx.NodeProto) -> list[onnx.NodeProto]:
        if node.op_type == "MatMul" and node.input[1] in self._weights:
            self.matmuls += 1
            if self._per_token(node.name):
                return self._matmul_per_token(node)
            return self._matmul(node, node.input[0], node.output[0])
        if node.op_type == "Gather" and any(e in node.name for e in EMBEDDINGS):
            return self._gather(node)
        return [node]

    def drop_unused(self) -> None:
        used = {name for node in self._graph.node for name in node.input}
        kept = [t for t in self._graph.initializer if t.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)

    def _matmul_per_token(self, node) -> list[onnx.NodeProto]:
        """(x / r) W * r with r the largest value of each row of x, at least TOKEN_FLOOR."""
        name, x = node.name, node.input[0]
        floor = self._add(node, "floor", np.float32(TOKEN_FLOOR))
        return [
            helper.make_node("ReduceMax", [x], [f"{name}_max"], f"{name}_row_max", axes=[-1], keepdims=1),
            helper.make_node("Max", [f"{name}_max", floor], [f"{name}_row"], f"{name}_row_floor"),
            helper.make_node("Div", [x, f"{name}_row"], [f"{name}_even"], f"{name}_row_div"),
            *self._matmul(node, f"{name}_even", f"{name}_product"),
            helper.make_node("Mul", [f"{name}_product", f"{name}_row"], node.output, f"{name}_row_mul"),
        ]

    def _matmul(self, node, source: str, target: str) -> list[onnx.NodeProto]:
        name = node.name
        weights = numpy_helper.to_array(self._weights[node.input[1]])
        scales = column_scales(weights)
        rounded = np.clip(np.round(weights / scales), -WEIGHT_LIMIT, WEIGHT_LIMIT)
        w = self._add(node, "weight", rounded.astype(np.int8))
        s = self._add(node, "weight_scale", scales)
        z = self._add(node, "weight_zero", np.zeros(scales.shape, np.int8))
        x, x_scale, x_zero, made = self._activation(source)
        return made + [
            helper.make_node("MatMulInteger", [x, w, x_zero, z], [f"{name}_int32"], f"{name}_quant"),
            helper.make_node("Cast", [f"{name}_int32"], [f"{name}_float"], f"{name}_cast", to=onnx.TensorProto.FLOAT),
            helper.make_node("Mul", [x_scale, s], [f"{name}_scale"], f"{name}_scales_mul"),
            helper.make_node("Mul", [f"{name}_float", f"{name}_scale"], [target], f"{name}_scale_mul"),
        ]

    def _activation(self, name: str):
        """Quantises an activation once, however many MatMul read it."""
        if name in self._activations:
            return *self._activations[name], []
        out = (f"{name}_quantized", f"{name}_scale", f"{name}_zero_point")
        self._activations[name] = out
        return *out, [helper.make_node("DynamicQuantizeLinear", [name], list(out), f"{name}_QuantizeLinear")]

    def _gather(self, node) -> list[onnx.NodeProto]:
        table = numpy_helper.to_array(self._weights[node.input[0]])
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / WEIGHT_LIMIT
        q = self._add(node, "table", np.round(table / scales).astype(np.int8))
        s = self._add(node, "table_scale", scales.astype(np.float32))
        name, ids = node.name, node.input[1]
        return [
            helper.make_node("Gather", [q, ids], [f"{name}_int8"], f"{name}_rows", axis=0),
            helper.make_node("Gather", [s, ids], [f"{name}_scale"], f"{name}_row_scales", axis=0),
            helper.make_node("Cast", [f"{name}_int8"], [f"{name}_float"], f"{name}_cast", to=onnx.TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}_float", f"{name}_scale"], node.output, f"{name}_mul"),
        ]

    def _add(self, node, suffix: str, value: np.ndarray) -> str:
        name = f"{node.name}_{suffix}"
        self._graph.initializer.append(numpy_helper.from_array(value, name))
        return name
