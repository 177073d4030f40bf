"""Passages near to a query: where hard negatives and the rest of noisy pages come from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from corpus import Corpus
from sklearn.feature_extraction.text import TfidfVectorizer
from teacher import Teacher
from tqdm import tqdm

COUNT = 24
CHUNK = 512


def load(corpus: Corpus, teacher: Teacher | None, skipped: set[str], cache: Path) -> np.ndarray:
    """Passages [queries, COUNT or 2 * COUNT] near by words, then by embedding with a teacher.

    Each half begins with the nearest; -1 fills up. Sets in skipped give no
    passages.
    """
    cache.mkdir(parents=True, exist_ok=True)
    ways = {"words": lambda: by_words(corpus, skipped)}
    if teacher is not None:
        ways["vectors"] = lambda: by_vectors(corpus, teacher, skipped)
    text = "\0".join([str(sorted(skipped)), str(corpus.passages), *corpus.queries])
    digest, found = hashlib.sha256(text.encode()).hexdigest()[:16], []
    for way, compute in ways.items():
        path = cache / f"near-{way}-{digest}.npy"
        if not path.exists():
            np.save(path, compute())
        found.append(np.load(path))
    return np.concatenate(found, axis=1)


def by_words(corpus: Corpus, skipped: set[str]) -> np.ndarray:
    """The COUNT passages next by TF-IDF, which orders them much as BM25 does."""
    numbers = _pool(corpus, skipped)
    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english", max_df=0.05, dtype=np.float32)
    passages = vectors.fit_transform(corpus.text(p) for p in numbers).T.tocsc()
    queries = vectors.transform(corpus.queries)
    return _nearest(lambda at: (queries[at] @ passages).toarray(), len(corpus.queries), numbers, "near by words")


def by_vectors(corpus: Corpus, teacher: Teacher, skipped: set[str]) -> np.ndarray:
    """The COUNT passages next by cosine of the query and the mean of their sentences."""
    numbers = _pool(corpus, skipped)
    units = teacher.units.all("units")
    means = np.stack([units[list(corpus.passages[p].units)].mean(0) for p in numbers])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    queries = teacher.queries.all("queries")
    return _nearest(lambda at: queries[at] @ means.T, len(queries), numbers, "near by vectors")


def _pool(corpus: Corpus, skipped: set[str]) -> np.ndarray:
    return np.array([n for n, p in enumerate(corpus.passages) if p.dataset not in skipped])


def _nearest(score, queries: int, numbers: np.ndarray, label: str) -> np.ndarray:
    found = np.full((queries, COUNT), -1, dtype=np.int32)
    count = min(COUNT, len(numbers))
    for start in tqdm(range(0, queries, CHUNK), desc=label, unit_scale=CHUNK, unit="query", mininterval=5):
        at = slice(start, min(start + CHUNK, queries))
        values = score(at)
        best = np.argpartition(-values, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(values, best, 1), axis=1)
        found[at, :count] = numbers[np.take_along_axis(best, order, 1)]
    return found
