"""Weights folders: what models/export reads and train.py begins with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import shared  # noqa: F401
import torch
from pruner import WEIGHTS_FILE
from safetensors.torch import save_file

EARLY = {"early_tok.": "tok.", "early_rank.": "rank."}


def full(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of the full depth, by the names of a weights folder."""
    return {n.removeprefix("base."): t for n, t in state.items() if n.startswith("base.")}


def early(state: dict[str, torch.Tensor], layers: int) -> dict[str, torch.Tensor]:
    """The tensors of the first layers with the early heads."""
    kept = {}
    for name, tensor in full(state).items():
        parts = name.split(".")
        above = name.startswith("enc.encoder.layer.") and int(parts[3]) >= layers
        if name.startswith("enc.") and not above:
            kept[name] = tensor
    for prefix, new in EARLY.items():
        kept.update({new + n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)})
    return kept


def save(folder: Path, tensors: dict[str, torch.Tensor], start: Path, layers: int) -> None:
    """Writes a weights folder; config and tokenizer are those of start."""
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((start / "config.json").read_text())
    config["num_hidden_layers"] = layers
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    shutil.copyfile(start / "tokenizer.json", folder / "tokenizer.json")
    tensors = {n: t.detach().half().cpu().contiguous() for n, t in tensors.items()}
    temporary = folder / (WEIGHTS_FILE + ".tmp")
    save_file(tensors, temporary)
    temporary.rename(folder / WEIGHTS_FILE)
