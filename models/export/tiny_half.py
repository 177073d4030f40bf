#!/usr/bin/env python3
"""Writes a decoder graph that only remembers, for the tests of models/ort.

    python tiny_half.py models/ort/testdata/half.onnx

Its cache is of float16, it has no positions and gives the logits of all tokens.
The key and the value of a token are its id; the three logits of a token are the
sum of all ids up to the last one, the id, and the number of tokens in the mask.
"""

import sys

import onnx
from onnx import TensorProto, helper

FLOAT, HALF, INT = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT64


def main() -> None:
    value, node = helper.make_tensor_value_info, helper.make_node
    nodes = [
        node("Cast", ["ids"], ["ids_half"], to=HALF),
        node("Unsqueeze", ["ids_half", "axes"], ["new"]),  # [1, 1, T, 1]
        node("Concat", ["past.0.key", "new"], ["present.0.key"], axis=2),
        node("Concat", ["past.0.value", "new"], ["present.0.value"], axis=2),
        node("Cast", ["present.0.key"], ["all"], to=FLOAT),
        node("ReduceSum", ["all"], ["sum"], keepdims=0),
        node("Cast", ["mask"], ["mask_float"], to=FLOAT),
        node("ReduceSum", ["mask_float"], ["total"], keepdims=0),
        node("Cast", ["ids"], ["ids_float"], to=FLOAT),
        node("Unsqueeze", ["ids_float", "last"], ["id"]),  # [1, T, 1]
        node("Mul", ["id", "zero"], ["none"]),
        node("Add", ["none", "sum"], ["sums"]),
        node("Add", ["none", "total"], ["totals"]),
        node("Concat", ["sums", "id", "totals"], ["logits"], axis=2),
    ]
    graph = helper.make_graph(
        nodes, "half",
        [value("ids", INT, [1, "tokens"]), value("mask", INT, [1, "total"]),
         value("past.0.key", HALF, [1, 1, "past", 1]), value("past.0.value", HALF, [1, 1, "past", 1])],
        [value("logits", FLOAT, [1, "tokens", 3]),
         value("present.0.key", HALF, [1, 1, "total", 1]), value("present.0.value", HALF, [1, 1, "total", 1])],
        [helper.make_tensor("axes", INT, [2], [1, 3]), helper.make_tensor("last", INT, [1], [2]),
         helper.make_tensor("zero", FLOAT, [], [0.0])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, sys.argv[1])


if __name__ == "__main__":
    main()
