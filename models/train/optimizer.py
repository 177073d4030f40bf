"""Mixed precision by hand: the model computes in bf16, the optimiser keeps fp32.

Autocast converts every matrix at every step and keeps the states between the
layers in fp32; on a CPU that costs more than the products.
"""

from __future__ import annotations

import torch
from torch import nn


class Masters:
    """fp32 copies of a model's trained parameters, their AdamW and their average.

    `average` is an exponential moving average with the given decay.
    """

    def __init__(self, model: nn.Module, config: dict):
        self._params = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self.values = {n: p.detach().float().clone() for n, p in self._params.items()}
        self.average = {n: v.clone() for n, v in self.values.items()}
        self._decay, self._clip = config["average_decay"], config["clip"]
        bare = [v for n, v in self.values.items() if v.ndim == 1]
        rest = [v for n, v in self.values.items() if v.ndim > 1]
        groups = [{"params": rest, "weight_decay": config["weight_decay"]}, {"params": bare, "weight_decay": 0.0}]
        self._adam = torch.optim.AdamW(groups, lr=0.0, betas=tuple(config["betas"]), fused=True)

    def step(self, rate: float) -> float:
        """Takes the gradients from the model, steps, writes back; returns their norm."""
        for name, param in self._params.items():
            self.values[name].grad = param.grad.float() if param.grad is not None else None
            param.grad = None
        norm = nn.utils.clip_grad_norm_(self.values.values(), self._clip)
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self.values.values()), 1 - self._decay)
        self.write(self.values)
        return float(norm)

    @torch.no_grad()
    def write(self, values: dict[str, torch.Tensor]) -> None:
        """Puts fp32 values (own or average) into the model."""
        torch._foreach_copy_(list(self._params.values()), [values[n] for n in self._params])

    def state(self) -> dict:
        return {"values": self.values, "average": self.average, "adam": self._adam.state_dict()}

    def restore(self, state: dict) -> None:
        with torch.no_grad():
            for name in self.values:
                self.values[name].copy_(state["values"][name])
                self.average[name].copy_(state["average"][name])
        self._adam.load_state_dict(state["adam"])
        self.write(self.values)
