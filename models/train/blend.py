#!/usr/bin/env python3
"""Blends two weights folders of one shape, tensor by tensor.

    python models/train/blend.py --first ../shared/models/pruner-12l --second ~/runs/small/full --share 0.5 --out DIR

Weights trained on from others lie in one valley with them; a point between
often keeps what the first did better on data unlike that of the training
(Wortsman et al., Robust fine-tuning of zero-shot models, 2022).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import shared  # noqa: F401
import weights
from pruner import WEIGHTS_FILE
from safetensors.torch import load_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=Path, required=True, help="weights folder, for example the start")
    parser.add_argument("--second", type=Path, required=True, help="weights folder trained on from it")
    parser.add_argument("--share", type=float, required=True, help="of the second, 0 to 1")
    parser.add_argument("--out", type=Path, required=True, help="weights folder to write")
    args = parser.parse_args()
    if not 0 <= args.share <= 1:
        parser.error("--share is from 0 to 1")
    try:
        blend(args.first, args.second, args.share, args.out)
    except ValueError as error:
        parser.error(str(error))


def blend(first: Path, second: Path, share: float, out: Path) -> None:
    """Writes the weights at share of the way from first to second, with the files of second."""
    low, high = (load_file(f / WEIGHTS_FILE) for f in (first, second))
    if low.keys() != high.keys():
        raise ValueError(f"{first} and {second} differ in {sorted(low.keys() ^ high.keys())}")
    blended = {n: t.float().lerp(high[n].float(), share) for n, t in low.items()}
    layers = json.loads((second / "config.json").read_text())["num_hidden_layers"]
    weights.save(out, blended, second, layers)


if __name__ == "__main__":
    main()
