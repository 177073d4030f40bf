"""A causal language model that takes and gives its key and value cache.

`Decoder` is the graph that export_generator.py writes: a model of the
transformers library around which the cache is made of plain tensors, so that a
program outside Python can go on from any point, as often as it likes.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache

IDS, MASK, POSITIONS, LOGITS = "input_ids", "attention_mask", "position_ids", "logits"
# The names that other exporters use too.
PAST = {"key": "past_key_values.{layer}.key", "value": "past_key_values.{layer}.value"}
PRESENT = {"key": "present.{layer}.key", "value": "present.{layer}.value"}


class UnsupportedModel(Exception):
    """A model that the graph cannot stand for; the text says why."""


def load(folder: Path, dtype: torch.dtype = torch.float32) -> nn.Module:
    """Reads a causal language model from a folder in the style of Hugging Face.

    Attention is computed step by step ("eager"): its mask is then a plain
    addition that a graph can hold.
    """
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    check(config)
    model = AutoModelForCausalLM.from_pretrained(
        folder, config=config, dtype=dtype, attn_implementation="eager", trust_remote_code=False
    )
    return model.eval()


def check(config) -> None:
    """Refuses what the mask and the cache of `Decoder` are not right for."""
    text = config.get_text_config(decoder=True)
    kinds = set(getattr(text, "layer_types", None) or ["full_attention"])
    if kinds - {"full_attention", "sliding_attention"}:
        raise UnsupportedModel(f"{config.model_type}: layers of {', '.join(sorted(kinds))} have no plain key and value cache")
    if len(kinds) > 1 and getattr(text, "use_sliding_window", True):
        raise UnsupportedModel(f"{config.model_type}: full and sliding attention in one model are not supported")
    if getattr(config, "is_encoder_decoder", False):
        raise UnsupportedModel(f"{config.model_type}: an encoder-decoder is no causal language model")


def freeze_rope(model: nn.Module, window: int) -> str:
    """Fixes rotary embeddings that depend on the length of the input.

    "longrope" (Phi-3 with 128k) has two sets of frequencies and takes the one
    or the other by the length of each input. Keys in a cache cannot change
    sides, so the graph has one set: the long one if the window is longer than
    what the model was first trained on. Returns a line about what was done.
    """
    rotary = next((m for m in model.modules() if hasattr(m, "rope_type") and hasattr(m, "inv_freq")), None)
    if rotary is None or rotary.rope_type == "default":
        return ""
    kind = rotary.rope_type
    if kind == "dynamic":
        raise UnsupportedModel("rotary embeddings of type dynamic change with the length; no graph holds them")
    if kind != "longrope":
        return ""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    first = rotary.config.rope_parameters["original_max_position_embeddings"]
    length = first + 1 if window > first else first
    frequencies, _ = ROPE_INIT_FUNCTIONS[kind](rotary.config, rotary.inv_freq.device, seq_len=length)
    rotary.inv_freq.copy_(frequencies)
    rotary.rope_type = "default"
    return f"longrope: the frequencies for {'more' if window > first else 'no more'} than {first} tokens"


class Decoder(nn.Module):
    """The model with tensors in place of a cache object, batch 1.

    forward(ids [1, T], mask [1, P+T], positions [1, T], key and value of each
    layer [1, H, P, D]) returns the logits of the last token [1, 1, V] and the
    keys and values with the T tokens added [1, H, P+T, D].
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model
        text = model.config.get_text_config(decoder=True)
        uses = getattr(text, "use_sliding_window", True)
        self.sliding = getattr(text, "sliding_window", None) if uses else None
        if not isinstance(self.sliding, int):
            self.sliding = None
        self.eval()

    def forward(self, ids, mask, positions, *past):
        cache = DynamicCache()
        for layer in range(len(past) // 2):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        out = self.model(
            input_ids=ids,
            attention_mask=self.bias(ids, mask),
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        present = [t for layer in out.past_key_values.layers for t in (layer.keys, layer.values)]
        return out.logits[:, -1:].float(), *present

    def bias(self, ids, mask):
        """What is added to attention: 0 where a token may look, else the least number."""
        keys = torch.arange(mask.shape[1])
        queries = (torch.arange(ids.shape[1]) + mask.shape[1] - ids.shape[1])[:, None]
        seen = (keys[None] <= queries) & (mask[:, None, None] > 0)
        if self.sliding is not None:
            seen = seen & (keys[None] > queries - self.sliding)
        dtype = self.model.dtype
        return torch.where(seen, torch.zeros((), dtype=dtype), torch.full((), torch.finfo(dtype).min, dtype=dtype))

    def empty(self) -> list[torch.Tensor]:
        """A cache of no tokens, in the shapes that the model gives."""
        with torch.no_grad():
            out = self.model(torch.zeros((1, 1), dtype=torch.long), use_cache=True)
        return [t[:, :, :0] for layer in out.past_key_values.layers for t in (layer.keys, layer.values)]


def names(pattern: dict[str, str], layers: int) -> list[str]:
    """The names of all keys and values, in the order of the graph."""
    return [pattern[part].replace("{layer}", str(i)) for i in range(layers) for part in ("key", "value")]
