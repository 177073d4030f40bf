"""A bundle folder: manifest.json and the checksums of the files beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

MODEL, TOKENIZER, MANIFEST = "model.onnx", "tokenizer.json", "manifest.json"
# Where the manifest names the inputs of a graph.
INPUT_FIELDS = {"input_ids": "ids", "attention_mask": "mask", "token_type_ids": "types"}


def sha256(path: Path) -> str:
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def write_manifest(out: Path, config: dict, weights: Path, files: list[str], inputs, outputs: dict[str, str], precision: str, **more) -> dict:
    """Writes manifest.json: what config chose, and what follows from the files. Returns it."""
    names = {INPUT_FIELDS[name]: name for name in inputs}
    manifest = {
        "format": 1,
        **config,
        "source": {**config["source"], "weights_sha256": sha256(weights)},
        "precision": precision,
        "files": {name: sha256(out / name) for name in files},
        "model": MODEL,
        "tokenizer": TOKENIZER,
        "inputs": {"types": "", **names} if "types" not in names else names,
        "outputs": outputs,
        **more,
    }
    (out / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return manifest
