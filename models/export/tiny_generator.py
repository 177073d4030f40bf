"""A decoder of a few thousand weights drawn at random, for tests.

It knows nothing, but it is a whole Llama: grouped heads, rotary embeddings,
a chat format, a tokenizer that the tokenizer package of ragprune reads. The
weights are large, so that what it says depends on what it has read.
"""

from __future__ import annotations

import string
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = (
    "html head title body main nav section article header footer div span p a h1 h2 h3 ul ol li dl dt dd table tr td th pre "
    "blockquote the of and in to is was for on by with it as at from that this question task text piece path document example "
    "output tower high metres year city river bridge"
).split()
SEED = 20
SCALE = 0.35


def save(folder: Path, config=None) -> None:
    """Writes the decoder, or one of another config, as a Hugging Face folder."""
    tokenizer = wordpiece()
    torch.manual_seed(SEED)
    config = config or llama(len(tokenizer))
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if weights.dim() > 1:
                weights.normal_(0, SCALE)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def llama(vocabulary: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=vocabulary, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=2048, tie_word_embeddings=True,
        pad_token_id=0, bos_token_id=2, eos_token_id=3,
    )


def wordpiece() -> PreTrainedTokenizerFast:
    letters = string.ascii_lowercase + string.digits
    entries = [*SPECIALS, *string.punctuation, *letters, *(f"##{c}" for c in letters)]
    entries += [w for w in WORDS if w not in entries]
    model = models.WordPiece({t: i for i, t in enumerate(entries)}, unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", bos_token="[CLS]", eos_token="[SEP]",
    )
    fast.chat_template = "[CLS]{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}[SEP]{% endif %}"
    return fast
