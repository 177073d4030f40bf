"""The pruner in PyTorch: a BERT encoder with a head per token and a rank head.

The graph that the other scripts export and the numbers they compare with come
from the classes here.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import BertConfig, BertModel

WEIGHTS_FILE = "weights.fp16.safetensors"


class Pruner(nn.Module):
    """Encoder plus heads, in fp32, without dropout.

    Weights are read by the names of the weights folder: `enc.*` (BertModel
    without pooler), `tok.*` (hidden -> 1) and `rank.0`, `rank.2` (hidden ->
    hidden -> 1 with tanh between).
    """

    def __init__(self, config: BertConfig):
        super().__init__()
        self.enc = BertModel(config, add_pooling_layer=False)
        hidden = config.hidden_size
        self.tok = nn.Linear(hidden, 1)
        self.rank = nn.Sequential(nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, input_ids, attention_mask, token_type_ids):
        """Returns keep logits [batch, tokens] and rank logits [batch]."""
        hidden = self.enc(
            input_ids=input_ids,
            attention_mask=attention_mask,
            token_type_ids=token_type_ids,
        ).last_hidden_state
        return self.tok(hidden).squeeze(-1), self.rank(hidden[:, 0]).squeeze(-1)


def load(folder: Path) -> Pruner:
    """Reads config.json and the weights of folder. Every tensor must match."""
    config = BertConfig.from_json_file(str(folder / "config.json"))
    config._attn_implementation = "eager"
    model = Pruner(config)
    state = {k: v.float() for k, v in load_file(folder / WEIGHTS_FILE).items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [k for k in missing if not k.endswith("_ids")]
    if missing or unexpected:
        raise ValueError(f"{folder}: missing {missing}, unexpected {unexpected}")
    return model.eval()


def use_threads(count: int) -> None:
    """Limits PyTorch, so that timings and other work do not disturb each other."""
    os.environ["OMP_NUM_THREADS"] = str(count)
    torch.set_num_threads(count)
