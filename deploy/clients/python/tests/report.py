"""Writes bench/results/clients.md."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

TABLES = {
    "clients": (
        "Clients of rerankers",
        "Packages as they are on the package index, against the running service with the default model. Their answers are "
        "compared with `/prune`: order, every index, scores to 1e-6. Hosts that are no Python packages are written out as they "
        "build their requests; `api/testdata/rerank` has every request with its answer.",
        ("package", "version", "what was run", "path", "what came back"),
    ),
    "adapters": (
        "Adapters",
        "The package of [`deploy/clients/python`](../../deploy/clients/python) with the frameworks themselves.",
        ("framework", "version", "what was run", "what came back"),
    ),
    "generated": (
        "Generated clients",
        "Made from `api/openapi.yaml` in the test, compiled or type-checked, and used for real requests.",
        ("generator", "version", "language", "check", "requests"),
    ),
    "contract": (
        "The contract against the service",
        "",
        ("tool", "version", "what was run", "what came back"),
    ),
}


def page(rows: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """The page as Markdown."""
    out = [
        "# Clients",
        "",
        f"Run {datetime.now(UTC):%Y-%m-%d %H:%M} UTC with Python {platform.python_version()}.",
        "",
        "    make test-clients CLIENTS_REPORT=bench/results/clients.md",
    ]
    for key, (title, text, head) in TABLES.items():
        if not rows.get(key):
            continue
        out += ["", "## " + title, ""]
        if text:
            out += [text, ""]
        out += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        out += ["| " + " | ".join(row) + " |" for row in rows[key]]
    return "\n".join(out) + "\n"
