"""A tiny world for the tests: sentences, a WordPiece vocabulary of their words, a random model."""

from __future__ import annotations

import json
from pathlib import Path

import shared  # noqa: F401
import corpus as corpora
import numpy as np
import torch
import weights
from devdata import Pair
from examples import Builder
from pruner import Pruner
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig
from windows import CLS, SEP, Encoder

LAYERS, EARLY = 4, 2
TOPICS = ("copper", "silver", "marble", "cotton", "barley", "walnut", "amber", "indigo")
PLACES = ("Arden", "Bree", "Corso", "Dunmore", "Elgin", "Farro", "Galway", "Hythe")
SETS = {"mines": {"share": 2, "removable": True}, "trade": {"share": 1, "partial": True}}


def pairs() -> dict[str, list[Pair]]:
    """For every topic a passage that says where it comes from, in two sets."""
    made: dict[str, list[Pair]] = {name: [] for name in SETS}
    for name, pairs_of in made.items():
        for topic, place in zip(TOPICS, PLACES):
            units = [
                f"Many people in {name} know {topic} well.",
                f"The best {topic} comes from {place} in the north.",
                f"It is sold by weight, and {topic} is heavy.",
                "Prices rise in winter and fall in spring.",
            ]
            pairs_of.append(
                Pair(
                    id=f"{name}-{topic}",
                    dataset=name,
                    query=f"Where does the best {topic} come from, asked {name}?",
                    title=f"{name} goods",
                    units=units,
                    relevant=[1],
                    answers=[place],
                    positive=True,
                )
            )
    return made


def model_folder(folder: Path) -> Path:
    """A weights folder with a random model and a vocabulary of the pairs' words."""
    torch.manual_seed(3)
    parts = folder / "parts"
    parts.mkdir(parents=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(parts / "tokenizer.json"))
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
        initializer_range=0.2,
    )
    model = Pruner(config)
    with torch.no_grad():
        for value in model.parameters():  # biases that are all 0 would become one tensor in an export
            value.add_(0.02 * torch.randn_like(value))
    (parts / "config.json").write_text(json.dumps(config.to_dict()))
    weights.save(folder, dict(model.named_parameters()), parts, LAYERS)
    return folder


def config(start: Path, **mixture: int) -> dict:
    """A training config; mixture names kinds of examples, by default plain ones."""
    return {
        "start": str(start),
        "seed": 5,
        "early_layers": EARLY,
        "sets": SETS,
        "near_by_embedding": False,
        "freeze_words": True,
        "examples": {
            "mixture": mixture or {"plain": 1, "page": 1, "near": 1},
            "edge_share": 0.2,
            "dressed_share": 0.0,
            "variant_share": 0.0,
            "answering_share": 1.0,
            "relevant_bonus": 4,
        },
        "batches": {"pool": 12, "tokens": 300},
        "loss": {"token": 0.5, "unit": 0.5, "order": 0.3, "rank": 0.3, "early": 0.3, "relevant_weight": 2, "temperature": 1.5},
        "optimizer": {"rate": 1e-3, "warmup": 0.1, "betas": [0.9, 0.98], "weight_decay": 0.01, "clip": 1.0, "average_decay": 0.9},
        "evaluate": {"pairs": 1, "seconds": 1e9, "save_seconds": 1e9, "log_steps": 4},
        "steps": 8,
        "teachers": [],
    }


def builder(settings: dict, teachers=()) -> Builder:
    encoder = Encoder(Path(settings["start"]) / "tokenizer.json")
    corpus = corpora.build(pairs(), encoder)
    near = np.tile(np.arange(len(corpus.passages), dtype=np.int32), (len(corpus.queries), 2))[:, :24]
    filled = np.full((len(corpus.queries), 24), -1, dtype=np.int32)
    filled[:, : near.shape[1]] = near
    return Builder(corpus, encoder, list(teachers), filled, settings["examples"] | {"seed": settings["seed"], "sets": SETS})


def _tokenizer() -> Tokenizer:
    vocab = {"[PAD]": 0, **{f"[unused{n}]": n for n in range(1, 100)}, "[UNK]": 100, "[CLS]": CLS, "[SEP]": SEP}
    texts = [t for ps in pairs().values() for p in ps for t in (p.query, p.title, *p.units)]
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    for word in sorted({w for t in texts for w, _ in split(t.lower())}):
        vocab[word] = len(vocab)
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer
