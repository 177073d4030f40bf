"""Golden files: one row a line, numbers rounded to seven digits."""

from __future__ import annotations

import gzip
import json
from pathlib import Path


def rounded(value):
    if isinstance(value, float):
        return round(value, 7)
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return value


def write(path: Path, data: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lists = {k: v for k, v in data.items() if isinstance(v, list)}
    plain = {k: v for k, v in data.items() if not isinstance(v, list)}
    parts = [f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in plain.items()]
    for key, rows in lists.items():
        text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        parts.append(f"{json.dumps(key)}: [\n{text}\n]")
    data = ("{" + ",\n".join(parts) + "}\n").encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
