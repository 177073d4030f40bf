"""The ONNX graph of a generator: traced, quantised, written, compared."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import helper

import generator
from generator import IDS, LOGITS, MASK, PAST, POSITIONS, PRESENT

OPSET = 17
# Protobuf holds no more than 2 GB; what is larger has its weights beside it.
LARGEST_FILE = 1_800_000_000
BLOCK = 32


def export(decoder: generator.Decoder, path: Path) -> None:
    """Writes the decoder as a graph of batch 1 with open numbers of tokens."""
    empty = decoder.empty()
    layers = len(empty) // 2
    past, present = generator.names(PAST, layers), generator.names(PRESENT, layers)
    axes = {IDS: {1: "tokens"}, POSITIONS: {1: "tokens"}, MASK: {1: "total"}}
    axes |= {name: {2: "past"} for name in past} | {name: {2: "total"} for name in present}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, *cache = decoder(*inputs(range(4), 0), *empty)
        torch.onnx.export(
            decoder,
            (*inputs(range(3), 4), *cache),
            str(path),
            opset_version=OPSET,
            dynamo=False,
            input_names=[IDS, MASK, POSITIONS, *past],
            output_names=[LOGITS, *present],
            dynamic_axes=axes,
        )
    close_batch(path)


def close_batch(path: Path) -> None:
    """Writes down that there is one sequence and that logits are of one token."""
    model = onnx.load(str(path), load_external_data=False)
    for output in model.graph.output:
        dims = output.type.tensor_type.shape.dim
        dims[0].dim_value = 1
        if output.name == LOGITS:
            dims[1].dim_value = 1
    onnx.save(model, str(path))


def inputs(ids, before: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids, mask and positions of tokens behind so many others."""
    ids = torch.tensor([list(ids)], dtype=torch.long)
    total = before + ids.shape[1]
    return ids, torch.ones((1, total), dtype=torch.long), torch.arange(before, total)[None]


def quantize(path: Path) -> int:
    """Makes 8-bit weights of the matrices in the graph, in blocks of 32 along
    the input, each with its scale. Activations are rounded token by token, so a
    result depends on nothing but the tokens before."""
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    # It tells of every node that is no matrix.
    logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.WARNING)
    model = onnx.load(str(path))
    plain_matmuls(model.graph)
    quantizer = MatMulNBitsQuantizer(model, bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    model = quantizer.model.model
    save_model(model, path, model.ByteSize() > LARGEST_FILE)
    return sum(node.op_type == "MatMulNBits" for node in model.graph.node)


def plain_matmuls(graph: onnx.GraphProto) -> None:
    """Writes a Gemm with weights [inputs, outputs] (GPT-2) as MatMul and Add."""
    nodes = []
    for node in graph.node:
        values = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        plain = values.get("alpha", 1.0) == values.get("beta", 1.0) == 1.0 and not values.get("transA") and not values.get("transB")
        if node.op_type != "Gemm" or not plain or len(node.input) != 3:
            nodes.append(node)
            continue
        product = f"{node.output[0]}_product"
        nodes.append(helper.make_node("MatMul", node.input[:2], [product], f"{node.name}_MatMul"))
        nodes.append(helper.make_node("Add", [product, node.input[2]], node.output, f"{node.name}_Add"))
    del graph.node[:]
    graph.node.extend(nodes)


def save(source: Path, target: Path, largest: int = LARGEST_FILE) -> None:
    """Writes the graph at source to target; weights beyond what a file may hold
    go to target.data."""
    model = onnx.load(str(source))
    save_model(model, target, model.ByteSize() > largest)


def save_model(model: onnx.ModelProto, target: Path, external: bool) -> None:
    if not external:
        onnx.save(model, str(target))
        return
    data = target.with_name(target.name + ".data")
    data.unlink(missing_ok=True)
    onnx.save(model, str(target), save_as_external_data=True, all_tensors_to_one_file=True, location=data.name)


def differences(decoder: generator.Decoder, path: Path, window: int) -> dict[int, tuple[float, float]]:
    """How far the log probabilities of the graph, which reads three parts, are
    from those of PyTorch, which reads everything at once: at most, on average."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    random = torch.Generator().manual_seed(1)
    vocabulary = decoder.model.config.get_text_config(decoder=True).vocab_size
    out = {}
    for tokens in sorted({min(n, window) for n in (3, 17, 120)}):
        ids = torch.randint(0, vocabulary, (tokens,), generator=random).tolist()
        with torch.no_grad():
            want = torch.log_softmax(decoder.model(torch.tensor([ids])).logits[0, -1].float(), -1).numpy()
        cache = [t.numpy() for t in decoder.empty()]
        for part in np.array_split(ids, 3):
            logits, *cache = run(session, part, cache)
        got = torch.log_softmax(torch.from_numpy(logits[0, -1]), -1).numpy()
        far = np.abs(got - want)
        out[tokens] = float(far.max()), float(far.mean())
    return out


def run(session: ort.InferenceSession, ids, cache: list[np.ndarray]) -> list[np.ndarray]:
    """Reads ids behind the cache; returns logits and the new cache."""
    values = [t.numpy() for t in inputs(ids, cache[0].shape[2])]
    names = [i.name for i in session.get_inputs()]
    return session.run(None, dict(zip(names, [*values, *cache])))
