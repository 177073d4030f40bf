"""How people word the same query: keywords, lower case, no question mark, typos."""

from __future__ import annotations

import random
import re

QUESTION_WORDS = frozenset(
    "what which who whom whose when where why how is are was were be been being do does did can could should "
    "would will may might must has have had the a an of in on at to for from by with about and or as it its "
    "this that these those there their his her he she they name tell me please many much".split()
)
TYPO_SHARE = 0.05


def vary(query: str, rng: random.Random) -> str:
    """One variant of the query; never empty where the query is not."""
    return rng.choice((keywords, lowered, unmarked, mistyped))(query, rng) or query


def keywords(query: str, rng: random.Random) -> str:
    """The words that carry the query, often in lower case, as typed into a search box."""
    words = [w.strip(".,?!\"'()") for w in query.split()]
    left = [w for w in words if w and w.lower() not in QUESTION_WORDS]
    text = " ".join(left if len(left) > 1 else words)
    return text.lower() if rng.random() < 0.7 else text


def lowered(query: str, rng: random.Random) -> str:
    return query.lower()


def unmarked(query: str, rng: random.Random) -> str:
    return re.sub(r"\s*\?\s*$", "", query)


def mistyped(query: str, rng: random.Random) -> str:
    """At least one word with two letters swapped, or one left out or doubled."""
    words = query.split()
    long = [n for n, w in enumerate(words) if len(w) > 3]
    if not long:
        return query
    for n in {rng.choice(long), *(n for n in long if rng.random() < TYPO_SHARE)}:
        words[n] = _typo(words[n], rng)
    return " ".join(words)


def _typo(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return rng.choice((swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))
