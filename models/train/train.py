#!/usr/bin/env python3
"""Trains the pruner. One command, resumable: the same command goes on where it was.

    python models/train/train.py --config models/train/small.json --out DIR --hours 2

DIR gets checkpoint.pt, log.jsonl, and the weights folders `full` (all layers)
and `early` (the layers below the early heads) that models/export takes. The
learning rate falls to 0 over the planned hours, or over `steps` of the config,
so a run always ends annealed, however fast the machine was.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

# glibc gives large blocks back to the kernel at once and faults them in again
# at the next step, which takes longer than the step. OpenMP threads that spin
# while they wait take the cores from the work. Both are read at start.
SETTINGS = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1", "OMP_WAIT_POLICY": "PASSIVE"}
if __name__ == "__main__" and any(os.environ.get(k) != v for k, v in SETTINGS.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **SETTINGS})

import shared  # noqa: E402, F401
import batches  # noqa: E402
import corpus as corpora  # noqa: E402
import evaluate  # noqa: E402
import losses  # noqa: E402
import neighbours  # noqa: E402
import student  # noqa: E402
import teacher  # noqa: E402
import torch  # noqa: E402
import weights  # noqa: E402
from examples import Builder  # noqa: E402
from optimizer import Masters  # noqa: E402
from tqdm import tqdm  # noqa: E402
from windows import Encoder  # noqa: E402


@dataclass
class Position:
    """How far a run is; with the seed it determines every batch to come."""

    step: int = 0
    pool: int = 0
    batch: int = 0
    seconds: float = 0.0
    windows: int = 0
    tokens: int = 0


class Run:
    """A model in training: its optimiser, its place in the data, its files."""

    def __init__(self, config: dict, examples: Builder, out: Path, hours: float | None, device: str):
        self.config, self.out, self.hours, self.device = config, out, hours, device
        self._examples = examples
        self._start = Path(config["start"])
        model = student.start(self._start, config["early_layers"])
        self._frozen = {n: t.clone() for n, t in model.state_dict().items()}
        if config["freeze_words"]:
            model.base.enc.embeddings.word_embeddings.weight.requires_grad_(False)
        self.masters = Masters(model.to(device), config["optimizer"])
        self.model = model.halved()
        self.at = Position()
        self._batches: list = []
        self._clock = time.perf_counter()
        self.stopping = False
        out.mkdir(parents=True, exist_ok=True)

    def progress(self) -> float:
        """From 0 to 1, by steps where the config counts them, else by time."""
        if self.hours is None:
            return self.at.step / self.config["steps"]
        return self.at.seconds / (3600 * self.hours)

    def rate(self) -> float:
        done, warmup = self.progress(), self.config["optimizer"]["warmup"]
        return self.config["optimizer"]["rate"] * max(0.0, min(done / warmup + 0.01, (1 - done) / (1 - warmup)))

    def step(self) -> dict[str, float]:
        """One batch; returns losses and sizes."""
        examples = self._next()
        batch = batches.collate(examples).to(self.device)
        deep, *early = self.model(batch.ids, batch.types, batch.lengths)
        parts = losses.parts(deep, batch, self.config["loss"])
        loss = self._weighted(parts)
        for outputs in early:
            low = self._weighted(losses.parts(outputs, batch, self.config["loss"]))
            loss = loss + self.config["loss"]["early"] * (low + losses.imitation(outputs, deep, batch))
            parts["early"] = low
        loss.backward()
        norm = self.masters.step(self.rate())
        self._advance(batch)
        return {**{k: float(v.detach()) for k, v in parts.items()}, "norm": norm}

    def _weighted(self, parts: dict[str, torch.Tensor]) -> torch.Tensor:
        return sum(self.config["loss"][name] * part for name, part in parts.items())

    def _next(self) -> list:
        if not self._batches:
            options = self.config["batches"]
            self._batches = batches.pool(self._examples, self.at.pool, options["pool"], options["tokens"], self.config["seed"])
        return self._batches[self.at.batch]

    def _advance(self, batch: batches.Batch) -> None:
        now = time.perf_counter()
        self.at.seconds, self._clock = self.at.seconds + now - self._clock, now
        self.at.step += 1
        self.at.windows += len(batch.lengths)
        self.at.tokens += int(batch.lengths.sum())
        self.at.batch += 1
        if self.at.batch == len(self._batches):
            self.at.batch, self.at.pool, self._batches = 0, self.at.pool + 1, []

    def save(self) -> None:
        """Writes the checkpoint, whole or not at all."""
        temporary = self.out / "checkpoint.tmp"
        torch.save({"at": asdict(self.at), "masters": self.masters.state()}, temporary)
        temporary.rename(self.out / "checkpoint.pt")

    def resume(self) -> bool:
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return False
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.masters.restore(state["masters"])
        self.at, self._batches, self._clock = Position(**state["at"]), [], time.perf_counter()
        return True

    def export(self, average: bool) -> None:
        """Writes the weights folders, of the last step or of the moving average."""
        values = self.masters.average if average else self.masters.values
        state = {**self._frozen, **values}
        layers, early = self.model.base.enc.config.num_hidden_layers, self.config["early_layers"]
        suffix = "-average" if average else ""
        weights.save(self.out / f"full{suffix}", weights.full(state), self._start, layers)
        if early:
            weights.save(self.out / f"early{suffix}", weights.early(state, early), self._start, early)

    def log(self, entry: dict) -> None:
        with open(self.out / "log.jsonl", "a", encoding="utf-8") as f:
            f.write(json.dumps({**asdict(self.at), **entry}) + "\n")


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    config = json.loads(args.config.read_text())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(config["seed"])
    encoder = Encoder(Path(config["start"]) / "tokenizer.json")
    run = Run(config, builder(config, encoder, args.cache), args.out, args.hours, device)
    resumed = run.resume()
    print(f"{'resumed at' if resumed else 'begins at'} step {run.at.step}, {100 * run.progress():.1f} % done", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: setattr(run, "stopping", True))
    sample = evaluate.Sample.draw(config["evaluate"]["pairs"])
    train(run, lambda which: report(run, sample, encoder, which), first=not resumed)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--config", type=Path, required=True, help="JSON with sets, mixture, losses, optimiser")
    add("--out", type=Path, required=True, help="folder of this run; not in the repository")
    add("--cache", type=Path, help="folder for vectors and neighbours (default: OUT/../cache)")
    add("--hours", type=float, help="planned time, measuring included; the rate reaches 0 at its end (default: `steps` of the config)")
    add("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    args = parser.parse_args()
    args.cache = args.cache or args.out.parent / "cache"
    return args


def builder(config: dict, encoder: Encoder, cache: Path) -> Builder:
    corpus = corpora.read(config["sets"], encoder)
    teachers = [(t["weight"], teacher.load(t["embedder"], corpus, cache)) for t in config["teachers"]]
    skipped = {name for name, options in config["sets"].items() if options.get("derived", False)}
    near = neighbours.load(corpus, teachers[0][1] if config["near_by_embedding"] else None, skipped, cache)
    return Builder(corpus, encoder, teachers, near, config["examples"] | {"seed": config["seed"], "sets": config["sets"]})


def train(run: Run, evaluated, first: bool) -> None:
    """Steps until the end of the plan; saves, evaluates and logs on the way."""
    if first:
        evaluated(("last",))
    every, saved, measured = run.config["evaluate"], run.at.seconds, run.at.seconds
    bar = tqdm(unit="token", unit_scale=True, mininterval=10)
    sums: dict[str, float] = {}
    while run.progress() < 1 and not run.stopping:
        before = run.at.tokens
        for name, value in run.step().items():
            sums[name] = sums.get(name, 0.0) + value
        bar.update(run.at.tokens - before)
        if run.at.step % every["log_steps"] == 0:
            left = run.at.seconds * (1 / max(run.progress(), 1e-9) - 1)
            means = {n: round(v / every["log_steps"], 4) for n, v in sums.items()}
            run.log({"rate": run.rate(), "left": round(left), **means})
            bar.set_postfix_str(f"step {run.at.step}, {left / 60:.0f} min left, token {means['token']:.3f}")
            sums = {}
        if run.at.seconds - saved > every["save_seconds"]:
            run.save()
            saved = run.at.seconds
        if run.at.seconds - measured > every["seconds"]:
            evaluated(("average",))
            measured = run.at.seconds
    run.save()
    if not run.stopping:
        run.export(average=False)
        run.export(average=True)
        evaluated(("last", "average"))


def report(run: Run, sample: evaluate.Sample, encoder: Encoder, which: tuple[str, ...]) -> None:
    """Measures the last step or the average; what the model holds stays."""
    run.model.eval()
    for name in which:
        run.masters.write({"last": run.masters.values, "average": run.masters.average}[name])
        reports = evaluate.measure(run.model, sample, encoder)
        for depth, found in zip(("full", "early"), reports):
            run.log({"weights": name, "depth": depth, **found})
            line = ", ".join(f"{m} {v['mean']:.3f}" for m, v in found.items())
            print(f"step {run.at.step} {name} {depth}: {line}", flush=True)
    run.masters.write(run.masters.values)
    run.model.train()


if __name__ == "__main__":
    main()
