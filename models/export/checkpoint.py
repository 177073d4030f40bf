"""A model folder in the style of Hugging Face: what it holds and how it is laid out.

Nothing is downloaded and no code of the folder is run: the layout is told from
config.json and from the names of the tensors.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

CONFIG, TOKENIZER = "config.json", "tokenizer.json"

# The layouts, each with its kind of bundle.
OPEN_PROVENCE, PROVENCE, CROSS_ENCODER, EMBEDDER = "open_provence", "provence", "cross-encoder", "embedder"
KINDS = {OPEN_PROVENCE: "pruner", PROVENCE: "pruner", CROSS_ENCODER: "reranker", EMBEDDER: "embedder"}

ENCODERS = ("bert", "roberta", "xlm-roberta", "modernbert", "deberta", "deberta-v2")
# Under which name an encoder lies in the model of its heads.
PREFIXES = {"bert": "bert.", "roberta": "roberta.", "xlm-roberta": "roberta.", "modernbert": "model.", "deberta": "deberta.", "deberta-v2": "deberta."}
EMBEDDINGS = re.compile(r"(?:^|\.)embeddings\.(?:word_embeddings|tok_embeddings)\.weight$")

TOKENIZER_MODELS = ("WordPiece", "Unigram", "BPE")
# Tables are padded to a multiple of 64 or 128, or by reserved rows: up to this
# many, or a twentieth.
PADDING_ROWS = 128


class Refused(Exception):
    """The folder cannot be converted; the message names the file and the field."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder that was read: its config, its tensors in fp32, and the file to name as their source."""

    folder: Path
    config: dict
    tensors: dict[str, torch.Tensor]
    weights: Path

    def refuse(self, file: str, message: str) -> Refused:
        return Refused(f"{self.folder / file}: {message}")

    def has(self, prefix: str) -> bool:
        return any(name.startswith(prefix) for name in self.tensors)


def read(folder: Path) -> Checkpoint:
    """Reads config.json and the weights: safetensors, in one file or several, or pytorch_model.bin."""
    if not folder.is_dir():
        raise Refused(f"{folder}: no such folder")
    config = read_json(folder / CONFIG)
    tensors, weights = _tensors(folder)
    renamed = {_current_name(name): tensor.float() for name, tensor in tensors.items()}
    return Checkpoint(folder, config, renamed, weights)


def read_json(path: Path) -> dict:
    if not path.is_file():
        raise Refused(f"{path}: the file is missing")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: not valid JSON: {error}") from error


def _tensors(folder: Path) -> tuple[dict[str, torch.Tensor], Path]:
    for name in ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"):
        path = folder / name
        if not path.is_file():
            continue
        try:
            return _read_weights(path), path
        except Refused:
            raise
        except Exception as error:
            raise Refused(f"{path}: not readable as weights: {error}") from error
    raise Refused(f"{folder}: weights are missing: want model.safetensors, model.safetensors.index.json or pytorch_model.bin")


def _read_weights(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix == ".safetensors":
        return load_file(path)
    if path.suffix == ".bin":
        return torch.load(path, map_location="cpu", weights_only=True)
    parts: dict[str, torch.Tensor] = {}
    for name in sorted(set(read_json(path)["weight_map"].values())):
        if Path(name).name != name:
            raise Refused(f"{path}: weight_map: {name!r} is not a plain file name")
        parts.update(load_file(path.parent / name))
    return parts


def _current_name(name: str) -> str:
    """The names of layer norms as they are written since 2019."""
    return re.sub(r"\.gamma$", ".weight", re.sub(r"\.beta$", ".bias", name))


def layout(c: Checkpoint) -> str:
    """Which of the layouts the folder has."""
    if "pruning_head.classifier.weight" in c.tensors:
        return OPEN_PROVENCE
    if c.config.get("model_type") == "open_provence":
        raise c.refuse(c.weights.name, "pruning_head.classifier.weight is missing, which model_type open_provence must have")
    if "token_classifier.weight" in c.tensors:
        if not c.has("classifier."):
            raise c.refuse(c.weights.name, "classifier.weight, the ranking head beside token_classifier, is missing")
        return PROVENCE
    if c.has("classifier."):
        return CROSS_ENCODER
    architecture = (c.config.get("architectures") or [""])[0]
    if (c.folder / "modules.json").is_file() or re.search(r"(?<!For)Model$", architecture):
        return EMBEDDER
    raise c.refuse(
        c.weights.name,
        "heads are missing: want pruning_head.* (OpenProvence), token_classifier.* and classifier.* (Provence), "
        f"classifier.* (cross-encoder) or a sentence embedder; architectures is {architecture or 'empty'}",
    )


def encoder_config(c: Checkpoint, kind: str) -> dict:
    """The settings of the encoder, with its model_type."""
    settings = dict(c.config)
    if kind == OPEN_PROVENCE:
        if not c.config.get("base_model_config"):
            raise c.refuse(CONFIG, "base_model_config is missing; without it the encoder would have to be looked up elsewhere")
        settings = dict(c.config["base_model_config"])
    elif kind == PROVENCE and settings.get("model_type") not in ENCODERS:
        settings["model_type"] = _provence_encoder(c)
    if settings.get("model_type") not in ENCODERS:
        raise c.refuse(CONFIG, f"model_type is {settings.get('model_type')!r}, this program converts {', '.join(ENCODERS)}")
    return settings


def _provence_encoder(c: Checkpoint) -> str:
    """NAVER's own model types do not name the encoder; its tensors do."""
    for prefix, name in (("deberta.", "deberta-v2"), ("roberta.", "xlm-roberta"), ("bert.", "bert"), ("model.", "modernbert")):
        if c.has(prefix):
            return name
    raise c.refuse(c.weights.name, "no tensors of a known encoder: want deberta.*, roberta.*, bert.* or model.*")


def check_tokenizer(c: Checkpoint) -> dict:
    """tokenizer.json, of a family that ragprune reads and of the model's size."""
    file = read_json(c.folder / TOKENIZER)
    model = file.get("model") or {}
    family = model.get("type")
    if family not in TOKENIZER_MODELS:
        raise c.refuse(TOKENIZER, f"model.type is {family!r}, this program reads {', '.join(TOKENIZER_MODELS)}")
    vocab = model.get("vocab") or []
    ids = range(len(vocab)) if isinstance(vocab, list) else vocab.values()
    size = 1 + max([*ids, *(t["id"] for t in file.get("added_tokens") or [])], default=-1)
    rows = embedding_rows(c)
    if size > rows:
        raise c.refuse(TOKENIZER, f"model.vocab has {size} entries, the model has embeddings for {rows}")
    if rows - size > max(PADDING_ROWS, rows // 20):
        raise c.refuse(TOKENIZER, f"model.vocab has {size} entries, the model {rows}: it belongs to another model")
    return file


def separators(c: Checkpoint, encoder: str) -> int:
    """How many separators stand between the texts of a pair, as tokenizer.json has it."""
    processor = read_json(c.folder / TOKENIZER).get("post_processor") or {}
    for step in processor.get("processors") or [processor]:
        if step.get("type") == "TemplateProcessing" and step.get("pair"):
            names = ["".join(part) for part in step["pair"]]
            first, last = (i for i, name in enumerate(names) if name == "Sequence")
            return last - first - 1
        if step.get("type") in ("RobertaProcessing", "BertProcessing"):
            return 2 if step["type"] == "RobertaProcessing" else 1
    return 2 if encoder in ("roberta", "xlm-roberta") else 1


def embedding_rows(c: Checkpoint) -> int:
    """The number of tokens that the model has embeddings for."""
    for name, tensor in c.tensors.items():
        if EMBEDDINGS.search(name):
            return tensor.shape[0]
    raise c.refuse(c.weights.name, "word embeddings are missing (embeddings.word_embeddings.weight or embeddings.tok_embeddings.weight)")
