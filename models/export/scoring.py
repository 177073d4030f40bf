"""Scores of pairs by a bundle, kept in a file so that a run can be continued."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tqdm import tqdm

from devdata import Pair
from units import UnitCalibration
from windows import Encoder, means, token_scores


@dataclass(frozen=True)
class Setting:
    """How a pair is shown to the model."""

    window: int = 256
    overlap: int = 32
    title: bool = False


@dataclass(frozen=True)
class Scored:
    """`tokens` are the keep probabilities of every unit's tokens, `logit` the rank logit.

    The logit of a passage is the largest of its windows. `read` counts the
    tokens of all windows.
    """

    tokens: list[np.ndarray]
    logit: float
    read: int
    calibration: UnitCalibration

    @property
    def raw(self) -> np.ndarray:
        """Scores of the units before calibration."""
        return means(self.tokens)

    @property
    def scores(self) -> np.ndarray:
        """Scores of the units as the service gives them."""
        return self.calibration.apply(self.raw)


class Scorer:
    """Runs windows one by one, unpadded, as the service does."""

    def __init__(self, bundle: Path, cache: Path, threads: int):
        self._encoder = Encoder(bundle / "tokenizer.json")
        self._session = session(bundle / "model.onnx", threads)
        manifest = json.loads((bundle / "manifest.json").read_text())
        self._calibration = UnitCalibration(**manifest.get("unit_calibration", {}))
        self._cache = cache
        self._known: dict[str, dict] = {}
        if cache.exists():
            with open(cache, encoding="utf-8") as f:
                self._known = {row["key"]: row for row in map(json.loads, f)}

    def score(self, pairs: list[Pair], setting: Setting, label: str) -> list[Scored]:
        return [self._one(p, setting) for p in tqdm(pairs, desc=label, unit="pair", mininterval=5)]

    def length(self, pair: Pair) -> int:
        """Tokens of the text without query and special tokens."""
        return sum(len(t) for t in self._encoder.tokens(pair.units))

    def _one(self, pair: Pair, setting: Setting) -> Scored:
        key = f"{pair.id}|{pair.query}|{setting}"
        row = self._known.get(key)
        if row is None:
            row = {"key": key, **self._run(pair, setting)}
            self._known[key] = row
            with open(self._cache, "a", encoding="utf-8") as f:
                f.write(json.dumps(row) + "\n")
        return Scored([np.array(t) for t in row["tokens"]], row["logit"], row["read"], self._calibration)

    def _run(self, pair: Pair, setting: Setting) -> dict:
        titled = setting.title and bool(pair.title)
        if titled:
            pair = replace(pair, units=[pair.title, *pair.units])
        windows = self._encoder.windows(pair.query, pair.units, setting.window, setting.overlap)
        outputs = [self._session.run(None, w.inputs()) for w in windows]
        tokens = token_scores(windows, [keep[0] for keep, _ in outputs], len(pair.units))
        return {
            "tokens": [np.round(t, 5).tolist() for t in tokens[int(titled) :]],
            "logit": max(float(rank[0]) for _, rank in outputs),
            "read": sum(len(w.ids) for w in windows),
        }


def session(model: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def speed(sessions: list[ort.InferenceSession], tokens: list[int], rounds: int = 15) -> list[float]:
    """Median tokens per second of a window, taken in turns; one session per length."""
    feeds = []
    for length in tokens:
        ids = np.random.default_rng(length).integers(1000, 20000, (1, length))
        feeds.append({"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})
    seconds: list[list[float]] = [[] for _ in sessions]
    for turn in range(rounds + 1):
        for number, (run, feed) in enumerate(zip(sessions, feeds)):
            start = time.perf_counter()
            run.run(None, feed)
            if turn > 0:
                seconds[number].append(time.perf_counter() - start)
    return [length / float(np.median(s)) for length, s in zip(tokens, seconds)]
