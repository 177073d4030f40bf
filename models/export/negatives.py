"""Queries with passages that do not answer them, for measuring the rank head."""

from __future__ import annotations

import random
from collections import defaultdict

import devdata
import numpy as np
from devdata import Pair
from sklearn.feature_extraction.text import TfidfVectorizer


def negatives(name: str, count: int) -> tuple[list[Pair], list[Pair]]:
    """Queries with a passage near by TF-IDF, and with a random one.

    A passage that holds an answer to the query, or that the set pairs with the
    same query, is not taken.
    """
    pairs = devdata.read(name)
    texts = [p.text for p in pairs]
    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit(texts)
    passages, draw = vectors.transform(texts), random.Random(f"negatives {name}")
    own = defaultdict(set)
    for pair in pairs:
        own[pair.query].add(pair.text)
    near, other = [], []
    for query in devdata.sample(name, count, positives_only=True):
        ranked = np.argsort(-(passages @ vectors.transform([query.query]).T).toarray()[:, 0])
        shuffled = draw.sample(range(len(pairs)), len(pairs))
        near.append(joined(query, pairs, ranked, own[query.query]))
        other.append(joined(query, pairs, shuffled, own[query.query]))
    return near, other


def joined(query: Pair, pairs: list[Pair], order, own: set[str]) -> Pair:
    """The query with the first passage in order that cannot answer it."""
    for index in order:
        passage = pairs[index]
        if passage.text in own:
            continue
        text = passage.text.lower()
        if not any(a.lower() in text for a in query.answers if len(a) > 2):
            return Pair(
                id=f"{query.id}+{passage.id}",
                dataset=query.dataset,
                query=query.query,
                title=passage.title,
                units=passage.units,
                relevant=[],
                answers=query.answers,
                positive=False,
            )
    raise ValueError(f"{query.id}: no passage without the answer")
