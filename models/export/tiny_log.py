#!/usr/bin/env python3
"""Writes the graph that TestRunRefusesNumbersThatAreNone opens: the logarithm of
each token id less 100, no number below 100 and -inf at 100.

    python tiny_log.py models/ort/testdata/log.onnx
"""

import sys

import onnx
from onnx import TensorProto, helper

SHAPE = ["batch", "tokens"]


def main() -> None:
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, SHAPE)
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, SHAPE)
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, SHAPE)
    nodes = [
        helper.make_node("Mul", ["input_ids", "attention_mask"], ["seen"]),
        helper.make_node("Cast", ["seen"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["floats", "hundred"], ["less"]),
        helper.make_node("Log", ["less"], ["logits"]),
    ]
    hundred = helper.make_tensor("hundred", TensorProto.FLOAT, [], [100.0])
    graph = helper.make_graph(nodes, "log", [ids, mask], [out], [hundred])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, sys.argv[1])


if __name__ == "__main__":
    main()
