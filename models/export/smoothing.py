"""Smoothing: scales moved from activations to weights before quantisation.

Dynamic int8 gives one scale to all activations of a MatMul. In this encoder a
single channel before the feed-forward block is about 15 times as large as the
median one, so the other channels get few of the 255 steps. As in SmoothQuant
(arXiv 2211.10438, section 4) such channels are divided by s and the weights
that read them are multiplied by s, which changes nothing in fp32. Here
s = max(1, max|x| / median of max|x|) ** POWER: ordinary channels are left
alone, which measured better than SmoothQuant's own formula.
"""

from __future__ import annotations

from collections import defaultdict

import torch

from pruner import Pruner
from windows import Window

POWER = 0.75
STEPS = 16


def largest_activations(model: Pruner, windows: list[Window], progress) -> dict[str, torch.Tensor]:
    """Per Linear of the encoder the largest |input| of every channel."""
    largest: dict[str, torch.Tensor] = defaultdict(lambda: torch.zeros(1))
    hooks = [
        module.register_forward_hook(_recorder(largest, name))
        for name, module in model.enc.encoder.layer.named_modules()
        if isinstance(module, torch.nn.Linear)
    ]
    with torch.no_grad():
        for window in progress(windows):
            model(**{k: torch.from_numpy(v) for k, v in window.inputs().items()})
    for hook in hooks:
        hook.remove()
    return dict(largest)


def smooth(model: Pruner, largest: dict[str, torch.Tensor]) -> None:
    """Rescales model in place; its outputs stay the same but for rounding.

    The scale of attention.output is folded into the value projection and costs
    nothing at run time. The other two become one Mul in front of the shared
    input of query, key and value, and in front of the feed-forward block: the
    residual connection needs the unscaled value.
    """
    with torch.no_grad():
        for number, layer in enumerate(model.enc.encoder.layer):
            attention, feed = layer.attention, layer.intermediate
            read = attention.self
            _scale_input(read, [read.query, read.key, read.value], _scales(largest[f"{number}.attention.self.query"]))
            _scale_input(feed, [feed.dense], _scales(largest[f"{number}.intermediate.dense"]))
            scales = _scales(largest[f"{number}.attention.output.dense"])
            read.value.weight.div_(scales[:, None])
            read.value.bias.div_(scales)
            attention.output.dense.weight.mul_(scales)


def _scales(largest: torch.Tensor) -> torch.Tensor:
    """Rounded, so that the last bits of another CPU's sums do not change the bundle."""
    scales = (largest / largest.median()).clamp(min=1) ** POWER
    return torch.round(scales * STEPS) / STEPS


def _scale_input(module, readers, scales) -> None:
    for linear in readers:
        linear.weight.mul_(scales)
    inverse = 1 / scales

    def divide(_, args, kwargs):
        return (args[0] * inverse, *args[1:]), kwargs

    module.register_forward_pre_hook(divide, with_kwargs=True)


def _recorder(largest, name):
    def record(_, inputs, __):
        channels = inputs[0].flatten(0, -2).abs().amax(0)
        largest[name] = torch.maximum(largest[name], channels)

    return record
