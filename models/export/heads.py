"""Encoders with the heads of published checkpoints, in PyTorch, as the graphs have them.

All give what ragprune reads: keep logits [batch, tokens] whose sigmoid is the
keep probability, and rank logits [batch]. Checkpoints with two keep logits mean
their softmax; its second entry is the sigmoid of their difference, so that is
what the graph computes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification

import checkpoint
import graph
from checkpoint import Checkpoint

# Tensors that belong to no head or are computed anew.
UNUSED = ("position_ids", "lm_predictions.", "mask_predictions.", "cls.predictions.", "lm_head.", "pooler.")


@dataclass(frozen=True)
class Built:
    """A module to export, the names of its inputs and outputs, and how long a text it can read."""

    module: nn.Module
    inputs: tuple[str, ...]
    outputs: graph.Outputs
    tokens: int
    vocabulary: int
    hidden: int


class Inputs(nn.Module):
    """Calls an encoder with positional inputs under their names."""

    def __init__(self, names: tuple[str, ...]):
        super().__init__()
        self.names = names

    def named(self, values) -> dict[str, torch.Tensor]:
        return dict(zip(self.names, values))


class Ranker(Inputs):
    """A sequence classifier: its first logit, [batch]."""

    def __init__(self, model: nn.Module, names: tuple[str, ...]):
        super().__init__(names)
        self.ranker = model

    def forward(self, *inputs):
        return self.ranker(**self.named(inputs), return_dict=True).logits[:, 0]


class RankerWithKeep(Inputs):
    """A sequence classifier with a head of two labels on every token.

    before_norm says that the token head reads what goes into the encoder's last
    layer norm: what `hidden_states[-1]` of ModernBERT was in transformers 4,
    with which such checkpoints were trained. transformers 5 gives the normed
    vectors under that name.
    """

    def __init__(self, model: nn.Module, keep: nn.Linear, names: tuple[str, ...], before_norm: bool):
        super().__init__(names)
        self.ranker, self.keep, self.before_norm = model, keep, before_norm
        if before_norm:
            model.base_model.final_norm.register_forward_pre_hook(self._record)

    def _record(self, _, args):
        self._unnormed = args[0]

    def forward(self, *inputs):
        out = self.ranker(**self.named(inputs), output_hidden_states=True, return_dict=True)
        hidden = self._unnormed if self.before_norm else out.hidden_states[-1]
        return _difference(self.keep(hidden)), out.logits[:, 0]


class PooledWithKeep(Inputs):
    """An encoder with its own pooler, a linear ranking head on that and a token head."""

    def __init__(self, encoder: nn.Module, classifier: nn.Linear, keep: nn.Linear, names: tuple[str, ...]):
        super().__init__(names)
        self.encoder, self.classifier, self.keep = encoder, classifier, keep

    def forward(self, *inputs):
        out = self.encoder(**self.named(inputs), return_dict=True)
        return _difference(self.keep(out.last_hidden_state)), self.classifier(out.pooler_output)[:, 0]


class Encoder(Inputs):
    """An encoder's last layer, [batch, tokens, dimensions]."""

    def __init__(self, model: nn.Module, names: tuple[str, ...]):
        super().__init__(names)
        self.encoder = model

    def forward(self, *inputs):
        return self.encoder(**self.named(inputs), return_dict=True).last_hidden_state


def _difference(logits):
    return logits[..., 1] - logits[..., 0]


def build(c: Checkpoint, kind: str) -> Built:
    """The module of a checkpoint of that layout. Every tensor it needs must be there."""
    settings = checkpoint.encoder_config(c, kind)
    config = _config(c, settings, labels=_labels(c, kind))
    names = graph.INPUTS if getattr(config, "type_vocab_size", 0) > 1 else graph.INPUTS[:2]
    make = {
        checkpoint.OPEN_PROVENCE: _open_provence,
        checkpoint.PROVENCE: _provence,
        checkpoint.CROSS_ENCODER: _cross_encoder,
        checkpoint.EMBEDDER: _embedder,
    }[kind]
    module, outputs = make(c, config, names)
    return Built(module.eval(), names, outputs, longest(config), checkpoint.embedding_rows(c), config.hidden_size)


def _config(c: Checkpoint, settings: dict, labels: int):
    settings = {k: v for k, v in settings.items() if k not in ("architectures", "auto_map", "id2label", "label2id", "num_labels")}
    # How attention is computed is chosen here, the eager form has plain operators;
    # and so is the precision: checkpoints trained in bf16 say so in their config.
    settings = {k: v for k, v in settings.items() if "attn_implementation" not in k and k not in ("dtype", "torch_dtype")}
    try:
        config = AutoConfig.for_model(settings.pop("model_type"), num_labels=labels, **settings)
    except Exception as error:
        raise c.refuse(checkpoint.CONFIG, f"not a config of this encoder: {error}") from error
    config._attn_implementation = "eager"
    return config


def _labels(c: Checkpoint, kind: str) -> int:
    """The number of ranking labels, by the shape of the last linear layer."""
    if kind == checkpoint.EMBEDDER:
        return 1
    prefix = "ranking_model." if c.has("ranking_model.") else ""
    for name in ("classifier.out_proj.weight", "classifier.weight"):
        if (tensor := c.tensors.get(prefix + name)) is not None:
            if kind == checkpoint.CROSS_ENCODER and tensor.shape[0] != 1:
                raise c.refuse(c.weights.name, f"{name} has {tensor.shape[0]} labels; a cross-encoder that scores has 1")
            return tensor.shape[0]
    raise c.refuse(c.weights.name, f"{prefix}classifier.weight, the ranking head, is missing")


def longest(config) -> int:
    """The most tokens that the encoder can read; positions of RoBERTa begin after the padding index."""
    offset = config.pad_token_id + 1 if config.model_type in ("roberta", "xlm-roberta") else 0
    return config.max_position_embeddings - offset


def _open_provence(c: Checkpoint, config, names):
    head = _linear(c, "pruning_head.classifier", 2)
    prefix = "ranking_model."
    if c.has(prefix):
        state = {n.removeprefix(prefix): t for n, t in c.tensors.items() if n.startswith(prefix)}
    else:
        state = {n: t for n, t in c.tensors.items() if not n.startswith("pruning_head.")}
    model = _load(c, AutoModelForSequenceClassification.from_config(config), state)
    before_norm = config.model_type == "modernbert" and _before_norm(c)
    return RankerWithKeep(model, head, names, before_norm), graph.PRUNER


def _before_norm(c: Checkpoint) -> bool:
    """Whether the checkpoint was written by a transformers before 5.1."""
    version = re.match(r"(\d+)\.(\d+)", str(c.config.get("transformers_version") or ""))
    return version is None or tuple(map(int, version.groups())) < (5, 1)


def _provence(c: Checkpoint, config, names):
    head = _linear(c, "token_classifier", 2)
    state = {n: t for n, t in c.tensors.items() if not n.startswith("token_classifier.")}
    pooler = checkpoint.PREFIXES[config.model_type] + "pooler.dense.weight"
    if pooler in state and "classifier.out_proj.weight" not in state and config.model_type in ("roberta", "xlm-roberta"):
        prefix = checkpoint.PREFIXES[config.model_type]
        encoder = _load(c, AutoModel.from_config(config), {n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)})
        return PooledWithKeep(encoder, _linear(c, "classifier", config.num_labels), head, names), graph.PRUNER
    # The last hidden state of ModernBERT is the normed one here, in every version.
    model = _load(c, AutoModelForSequenceClassification.from_config(config), state)
    return RankerWithKeep(model, head, names, before_norm=False), graph.PRUNER


def _cross_encoder(c: Checkpoint, config, names):
    return Ranker(_load(c, AutoModelForSequenceClassification.from_config(config), c.tensors), names), graph.RERANKER


def _embedder(c: Checkpoint, config, names):
    prefix = checkpoint.PREFIXES[config.model_type]
    state = {n.removeprefix(prefix): t for n, t in c.tensors.items() if n.startswith(prefix)} or c.tensors
    return Encoder(_load(c, AutoModel.from_config(config), state, may_lack=("pooler.",)), names), graph.EMBEDDER


def _linear(c: Checkpoint, name: str, labels: int) -> nn.Linear:
    weight, bias = c.tensors.get(f"{name}.weight"), c.tensors.get(f"{name}.bias")
    if weight is None or bias is None:
        raise c.refuse(c.weights.name, f"{name}.weight or {name}.bias is missing")
    if weight.shape[0] != labels:
        raise c.refuse(c.weights.name, f"{name}.weight has {weight.shape[0]} labels, want {labels}")
    head = nn.Linear(weight.shape[1], labels)
    head.load_state_dict({"weight": weight, "bias": bias})
    return head


def _load(c: Checkpoint, model: nn.Module, state: dict[str, torch.Tensor], may_lack=()) -> nn.Module:
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise c.refuse(c.weights.name, f"tensors do not fit {checkpoint.CONFIG}: {str(error).splitlines()[-1].strip()}") from error
    missing = [n for n in missing if not n.endswith("position_ids") and not n.startswith(tuple(may_lack))]
    unexpected = [n for n in unexpected if not any(u in n for u in UNUSED)]
    if missing or unexpected:
        raise c.refuse(c.weights.name, f"tensors do not fit {checkpoint.CONFIG}: missing {missing[:3]}, not known {unexpected[:3]}")
    return model.eval()
