"""The prompt of a chat model as parts: special tokens by name, and text.

ragprune never matches special tokens in text, so that no document can speak as
somebody else. The marks of the chat format therefore have to be named one by
one.
"""

from __future__ import annotations

import re
from pathlib import Path

from transformers import AutoTokenizer

SENTINEL = "\u2042prompt\u2042"
SAMPLE = {"html": "<html><body><p1>The tower is 330 metres high.</p1><p2>It is red.</p2></body></html>",
          "question": "How high is the tower?"}


def template(folder: Path, prompt: str, tell=print) -> tuple[list[dict], str]:
    """Returns the parts around and of prompt, and the token that ends an answer."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if tokenizer.chat_template:
        text = tokenizer.apply_chat_template([{"role": "user", "content": SENTINEL}], add_generation_prompt=True, tokenize=False)
        tell("the prompt is put into the chat format of the tokenizer")
    else:
        first = tokenizer("a").input_ids[:1]
        starts = tokenizer.bos_token_id is not None and first == [tokenizer.bos_token_id]
        text = (tokenizer.bos_token if starts else "") + SENTINEL
        tell("the tokenizer has no chat format; the prompt is plain text")
    parts = split(tokenizer, text, prompt)
    verify(tokenizer, parts, text.replace(SENTINEL, prompt), tell)
    if not tokenizer.eos_token:
        raise SystemExit(f"{folder}: the tokenizer names no eos_token")
    return parts, tokenizer.eos_token


def split(tokenizer, text: str, prompt: str) -> list[dict]:
    """Cuts text at special tokens and puts prompt in the place of SENTINEL.

    The tokenizer library drops white space beside tokens that ask for it.
    """
    added = {t.content: t for t in tokenizer.added_tokens_decoder.values()}
    if not added:
        return [{"text": text.replace(SENTINEL, prompt)}]
    pattern = "|".join(re.escape(c) for c in sorted(added, key=len, reverse=True))
    parts, before = [], None
    pieces = re.split(f"({pattern})", text)
    for i, piece in enumerate(pieces):
        if i % 2:
            parts.append({"special": piece})
            before = added[piece]
            continue
        if before is not None and before.rstrip:
            piece = piece.lstrip()
        if i + 1 < len(pieces) and added[pieces[i + 1]].lstrip:
            piece = piece.rstrip()
        if piece:
            parts.append({"text": piece.replace(SENTINEL, prompt)})
    return parts


def ids(tokenizer, parts: list[dict], values: dict[str, str] = SAMPLE) -> list[int]:
    """The tokens of the parts as ragprune makes them: text by text, alone."""
    out = []
    for part in parts:
        if "special" in part:
            out.append(tokenizer.convert_tokens_to_ids(part["special"]))
        else:
            out += tokenizer(fill(part["text"], values), add_special_tokens=False).input_ids
    return out


def fill(text: str, values: dict[str, str]) -> str:
    """Puts values in their places, all at once: none is looked for in another."""
    return re.sub(r"\{(html|question)\}", lambda m: values[m[1]], text)


def verify(tokenizer, parts: list[dict], whole: str, tell) -> None:
    """Says so if the parts give other tokens than the whole text."""
    want = tokenizer(fill(whole, SAMPLE), add_special_tokens=False).input_ids
    got = ids(tokenizer, parts)
    if got != want:
        tell(f"warning: the prompt has {len(got)} tokens in parts and {len(want)} as a whole; "
             "the tokenizer treats the beginning of a text unlike the rest")
