"""Tiny checkpoints with random weights, in the layouts of the published ones.

Each folder is what its publisher's code would save: config.json, tokenizer.json
and model.safetensors. The same seed gives the same weights.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification

WIDTH = 16
TEXTS = """The Eiffel Tower stands in Paris, the capital of France. It was built in 1889 by Gustave Eiffel.
Which river crosses the city? The Seine flows through Paris. Trains leave every hour from platform 4.
Sushi is a Japanese dish of vinegared rice. Cats sleep most of the day; dogs do not.
When was the tower built? The tower is 330 metres tall. Tickets cost 18 euros, children pay less.
The recipe needs two eggs, 200 g of flour and some milk. Stir until smooth. Rest for an hour.
Mount Everest is the highest mountain above sea level. Its summit was first reached in 1953.""".splitlines()

BASE = dict(hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=512)
DEBERTA = dict(BASE, num_hidden_layers=1, relative_attention=True, position_biased_input=False, max_relative_positions=-1, type_vocab_size=0,
               pooler_dropout=0, pooler_hidden_act="gelu", pooler_hidden_size=WIDTH, pad_token_id=0)  # fmt: skip
CONFIGS = {
    "bert": dict(BASE, type_vocab_size=2, pad_token_id=0),
    "xlm-roberta": dict(BASE, max_position_embeddings=514, type_vocab_size=1, bos_token_id=0, pad_token_id=1, eos_token_id=2),
    "modernbert": dict(BASE, num_hidden_layers=3, global_attn_every_n_layers=3, local_attention=16, pad_token_id=0, cls_token_id=1,
                       sep_token_id=2, bos_token_id=1, eos_token_id=2, classifier_pooling="mean"),  # fmt: skip
    "deberta": dict(DEBERTA, pos_att_type="c2p|p2c"),
    "deberta-v2": dict(DEBERTA, position_buckets=32, norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type="p2c|c2p"),
}
# The classes that AutoTokenizer makes of the published folders.
TOKENIZER_CLASSES = {"bert": "BertTokenizerFast", "xlm-roberta": "XLMRobertaTokenizerFast", "modernbert": "PreTrainedTokenizerFast",
                     "deberta": "DebertaTokenizerFast", "deberta-v2": "DebertaV2TokenizerFast"}  # fmt: skip
BERT_SPECIALS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
ROBERTA_SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


@functools.cache
def tokenizer(family: str) -> Tokenizer:
    """A small tokenizer of the family that the encoder is published with.

    Training breaks ties by chance, so another process may give another one.
    """
    made = {"bert": _wordpiece, "xlm-roberta": _unigram_roberta, "modernbert": _bytes, "deberta": _bytes, "deberta-v2": _unigram_deberta}[family]()
    for special in ROBERTA_SPECIALS if family == "xlm-roberta" else BERT_SPECIALS:
        made.add_special_tokens([special])
    return made


def _pair(made: Tokenizer, cls: str, sep: str, between: str) -> Tokenizer:
    single, pair = f"{cls} $A {sep}", f"{cls} $A {between} $B:1 {sep}:1"
    specials = [(t, made.token_to_id(t)) for t in (cls, sep)]
    made.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=specials)
    return made


def _wordpiece() -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=BERT_SPECIALS, show_progress=False))
    return _pair(made, "[CLS]", "[SEP]", "[SEP]")


def _bytes() -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=340, special_tokens=BERT_SPECIALS, initial_alphabet=alphabet, show_progress=False))
    return _pair(made, "[CLS]", "[SEP]", "[SEP]")


def _unigram(specials: list[str], unknown: str, normalizer) -> Tokenizer:
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizer
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    made.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(vocab_size=260, special_tokens=specials, unk_token=unknown, show_progress=False)
    made.train_from_iterator(TEXTS, trainer)
    return made


def _unigram_roberta() -> Tokenizer:
    made = _unigram(ROBERTA_SPECIALS, "<unk>", normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]))
    return _pair(made, "<s>", "</s>", "</s> </s>")


def _unigram_deberta() -> Tokenizer:
    made = _unigram(BERT_SPECIALS, "[UNK]", normalizers.Sequence([normalizers.Strip(), normalizers.NFKC()]))
    return _pair(made, "[CLS]", "[SEP]", "[SEP]")


def config(family: str, labels: int = 1):
    size = tokenizer(family).get_vocab_size()
    made = AutoConfig.for_model(family, num_labels=labels, vocab_size=size + -size % 8, **CONFIGS[family])
    made._attn_implementation = "eager"
    return made


def lively(model: nn.Module, seed: int, spread: float = 1.5) -> nn.Module:
    """Random weights large enough that probabilities spread from near 0 to near 1."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=random)
            if "norm" in name.lower():
                p.copy_(0.1 * noise + (1 if name.endswith("weight") else 0))
            elif "embed" in name:
                p.copy_(noise * (2 if "word" in name or "tok" in name else 0.3))
            else:
                p.copy_(noise * (spread * p.shape[-1] ** -0.5 if p.dim() > 1 else 0.3))
    return model.eval()


def token_head(seed: int, spread: float = 2.5) -> nn.Linear:
    return lively(nn.Linear(WIDTH, 2), seed, spread)


def write(folder: Path, settings: dict, state: dict[str, torch.Tensor], family: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
    save_file({k: v.contiguous().clone() for k, v in state.items()}, folder / "model.safetensors")
    tokenizer(family).save(str(folder / "tokenizer.json"))
    names = ("cls", "pad", "sep", "unk", "mask") if family == "xlm-roberta" else ("pad", "cls", "sep", "unk", "mask")
    specials = dict(zip((f"{n}_token" for n in names), ROBERTA_SPECIALS if family == "xlm-roberta" else BERT_SPECIALS))
    if family == "xlm-roberta":
        specials.update(bos_token="<s>", eos_token="</s>")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": TOKENIZER_CLASSES[family], **specials}))
    return folder


def open_provence(folder: Path, family: str, seed: int = 12) -> tuple[Path, nn.Module, nn.Linear]:
    """A folder of the OpenProvence layout, its ranking model and its token head."""
    base = config(family)
    ranker = lively(AutoModelForSequenceClassification.from_config(base), seed)
    # What goes into ModernBERT's last norm is large.
    head = token_head(seed + 1, spread=0.5 if family == "modernbert" else 2.5)
    state = {f"ranking_model.{k}": v for k, v in ranker.state_dict().items()}
    state.update({f"pruning_head.classifier.{k}": v for k, v in head.state_dict().items()})
    settings = {
        "architectures": ["OpenProvenceForSequenceClassification"],
        "model_type": "open_provence",
        "mode": "reranking_pruning",
        "base_model_name_or_path": f"tiny-{family}",
        "base_model_config": base.to_dict(),
        "pruning_config": {"hidden_size": WIDTH, "num_labels": 2, "classifier_dropout": 0.1, "sentence_pooling": "mean"},
        "max_length": 128,
        "num_labels": 1,
        "num_pruning_labels": 2,
        "encoder_architecture": family,
        "default_threadshold": 0.35,
        "transformers_version": "4.57.1",
    }
    return write(folder, settings, state, family), ranker, head


def provence(folder: Path, family: str, seed: int = 12, pooled: bool = False) -> tuple[Path, nn.Module, nn.Linear, nn.Linear | None]:
    """A folder of NAVER's layout: one encoder with `classifier` and `token_classifier`.

    pooled gives the ranking head on the encoder's own pooler instead of the
    one that transformers has for the encoder.
    """
    base = config(family, labels=2 if pooled else 1)
    head = token_head(seed + 1)
    rank = None
    if pooled:
        model = lively(AutoModel.from_config(base), seed)
        rank = lively(nn.Linear(WIDTH, 2), seed + 2)
        state = {f"roberta.{k}": v for k, v in model.state_dict().items()}
        state.update({f"classifier.{k}": v for k, v in rank.state_dict().items()})
    else:
        model = lively(AutoModelForSequenceClassification.from_config(base), seed)
        state = dict(model.state_dict())
    state.update({f"token_classifier.{k}": v for k, v in head.state_dict().items()})
    settings = {**base.to_dict(), "model_type": "Provence", "architectures": ["Provence"], "transformers_version": "4.38.0"}
    return write(folder, settings, state, family), model, head, rank


def cross_encoder(folder: Path, family: str, seed: int = 27, labels: int = 1) -> tuple[Path, nn.Module]:
    base = config(family, labels)
    model = lively(AutoModelForSequenceClassification.from_config(base), seed)
    architecture = type(model).__name__
    return write(folder, {**base.to_dict(), "architectures": [architecture]}, model.state_dict(), family), model


def embedder(folder: Path, family: str, pooling: str, seed: int = 37) -> tuple[Path, nn.Module]:
    base = config(family)
    model = lively(AutoModel.from_config(base), seed)
    write(folder, {**base.to_dict(), "architectures": [type(model).__name__]}, model.state_dict(), family)
    modules = [{"idx": i, "name": str(i), "path": p, "type": f"sentence_transformers.models.{t}"} for i, (p, t) in enumerate((("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")))]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    flags = {"pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean", "pooling_mode_max_tokens": False}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": WIDTH, **flags}))
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {"query": "query: "}}))
    return folder, model
