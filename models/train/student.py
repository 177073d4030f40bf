"""The model in training: the pruner with more heads on a lower layer.

The heads on layer `early` make a smaller model of the layers below: it is
trained on the way, at nearly no cost, and cut out at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import shared  # noqa: F401
import torch
from pruner import Pruner, load
from torch import nn
from torch.nn import functional
from transformers import BertModel


@dataclass(frozen=True)
class Outputs:
    """Keep logits [batch, tokens] and rank logits [batch] of one pair of heads, fp32."""

    keep: torch.Tensor
    rank: torch.Tensor


class Student(nn.Module):
    """Runs the layers of a Pruner by hand: attention without dropout, one product for q, k, v.

    `early` is the number of layers below the second pair of heads; 0 for none.
    """

    def __init__(self, base: Pruner, early: int):
        super().__init__()
        self.base = base
        self.early = early
        if early:
            hidden = base.enc.config.hidden_size
            self.early_tok = nn.Linear(hidden, 1)
            self.early_rank = nn.Sequential(nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1))
            self.early_tok.load_state_dict(base.tok.state_dict())
            self.early_rank.load_state_dict(base.rank.state_dict())

    def halved(self) -> Student:
        """Puts the encoder in bf16; the heads stay fp32, so that scores do not tie."""
        self.base.enc.to(torch.bfloat16)
        return self

    def forward(self, ids: torch.Tensor, types: torch.Tensor, lengths: torch.Tensor) -> list[Outputs]:
        """Outputs of the full depth, then of the early heads where there are any.

        ids and types are [batch, tokens]; lengths [batch] counts the tokens
        that are not padding.
        """
        states = encode(self.base.enc, ids, types, lengths)
        outputs = [_heads(states[-1], self.base.tok, self.base.rank)]
        if self.early:
            outputs.append(_heads(states[self.early - 1], self.early_tok, self.early_rank))
        return outputs


def encode(model: BertModel, ids: torch.Tensor, types: torch.Tensor, lengths: torch.Tensor) -> list[torch.Tensor]:
    """The hidden states [batch, tokens, width] after every layer, without dropout."""
    part = model.embeddings
    positions = part.position_embeddings.weight[: ids.shape[1]]
    state = part.LayerNorm(part.word_embeddings(ids) + positions + part.token_type_embeddings(types))
    mask = _mask(lengths, ids.shape[1], state.dtype)
    states = []
    for layer in model.encoder.layer:
        state = _layer(layer, state, mask)
        states.append(state)
    return states


def _mask(lengths: torch.Tensor, tokens: int, dtype: torch.dtype) -> torch.Tensor | None:
    """Additive mask [batch, 1, 1, tokens]; None where nothing is padded."""
    if bool((lengths == tokens).all()):
        return None
    padding = torch.arange(tokens, device=lengths.device)[None] >= lengths[:, None]
    return torch.zeros(padding.shape, dtype=dtype, device=lengths.device).masked_fill(padding, float("-inf"))[:, None, None]


def _layer(layer: nn.Module, state: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """One BERT layer: attention and feed forward, each with a norm after the sum."""
    part, out = layer.attention.self, layer.attention.output
    weight = torch.cat([part.query.weight, part.key.weight, part.value.weight])
    bias = torch.cat([part.query.bias, part.key.bias, part.value.bias])
    batch, tokens, hidden = state.shape
    heads = part.num_attention_heads
    qkv = functional.linear(state, weight, bias).view(batch, tokens, 3, heads, hidden // heads)
    query, key, value = qkv.permute(2, 0, 3, 1, 4)
    mixed = _attention(query, key, value, mask)
    mixed = out.dense(mixed.transpose(1, 2).reshape(batch, tokens, hidden))
    state = out.LayerNorm(mixed + state)
    wide = functional.gelu(layer.intermediate.dense(state))
    return layer.output.LayerNorm(layer.output.dense(wide) + state)


def _attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Attention [batch, heads, tokens, width] in plain products.

    At these lengths the backward pass of PyTorch's fused kernel for CPUs takes
    four times as long (55 against 15 ms for 24 x 200 tokens on two cores); the
    forward pass alone is faster fused.
    """
    if query.device.type != "cpu" or not torch.is_grad_enabled():
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    batch, heads, tokens, width = query.shape
    flat = (batch * heads, tokens, width)
    scores = torch.bmm((query * width**-0.5).reshape(flat), key.reshape(flat).transpose(1, 2))
    if mask is not None:
        scores = (scores.view(batch, heads, tokens, tokens) + mask).view(batch * heads, tokens, tokens)
    return torch.bmm(scores.softmax(-1), value.reshape(flat)).view(batch, heads, tokens, width)


def _heads(state: torch.Tensor, tok: nn.Module, rank: nn.Module) -> Outputs:
    state = state.float()
    return Outputs(tok(state).squeeze(-1), rank(state[:, 0]).squeeze(-1))


def start(folder: Path, early: int) -> Student:
    """The student that goes on from the weights in folder, fp32."""
    return Student(load(folder), early).train()
