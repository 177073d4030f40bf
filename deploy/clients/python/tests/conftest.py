"""The service under test, and what its clients are expected to get from it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Set before the frameworks are imported: nothing here may call out.
os.environ.update(
    HAYSTACK_TELEMETRY_ENABLED="False",
    LITELLM_LOCAL_MODEL_COST_MAP="True",
    LANGSMITH_TRACING="false",
    ANONYMIZED_TELEMETRY="False",
)

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[4]
KEY = "a-key-for-tests"

QUERY = "How long did the Apollo 11 crew stay on the Moon?"
ANSWER = "Armstrong and Aldrin spent 21 hours and 36 minutes on the lunar surface."
DOCUMENTS = [
    "Bananas are rich in potassium and easy to peel. Rain is expected in the north tomorrow.",
    "Apollo 11 launched from Kennedy Space Center on July 16, 1969. " + ANSWER + " Collins flew the command module alone.",
    "The Apollo program ended in 1972. Six missions landed on the Moon.",
]


@contextmanager
def serving(**settings: str) -> Iterator[str]:
    """Runs the service on a free port and gives its address."""
    program = os.environ.get("RAGPRUNE_PROGRAM", str(ROOT / "bin" / "ragprune"))
    if not Path(program).is_file():
        pytest.fail(f"{program} is not there: run make build, or set RAGPRUNE_PROGRAM")
    env = {**os.environ, "RAGPRUNE_LISTEN": "127.0.0.1:0", **settings}
    process = subprocess.Popen([program, "serve"], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    log: list[str] = []
    try:
        for line in process.stderr:
            log.append(line)
            if found := re.search(r"msg=listening address=(\S+)", line):
                break
        else:
            pytest.fail("the service did not start:\n" + "".join(log))
        # Nobody reads on otherwise, and a full pipe would stop the service.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield "http://" + found.group(1)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of a service that is open to everyone."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def keyed_url() -> Iterator[str]:
    """The address of a service that asks for KEY."""
    with serving(RAGPRUNE_API_KEYS="tests:" + KEY) as address:
        yield address


@dataclass
class Expected:
    """What /prune says of DOCUMENTS."""

    scores: list[float]
    texts: list[str]

    @property
    def order(self) -> list[int]:
        return sorted(range(len(self.scores)), key=lambda i: -self.scores[i])

    def check(self, ranked: list[tuple[int, float]], top: int | None = None) -> None:
        """Compares (index, score) pairs, best first, with /prune."""
        assert [i for i, _ in ranked] == self.order[:top]
        for i, score in ranked:
            assert score == pytest.approx(self.scores[i], abs=1e-6)


@pytest.fixture(scope="session")
def expected(url: str) -> Expected:
    answer = httpx.post(url + "/prune", json={"query": QUERY, "documents": DOCUMENTS}, timeout=60).json()
    results = sorted(answer["results"], key=lambda r: r["index"])
    found = Expected([r["score"] for r in results], [r["text"] for r in results])
    assert found.order[0] == 1
    assert ANSWER in found.texts[1]
    assert len(found.texts[1]) < len(DOCUMENTS[1])
    return found


# What was run and what came back, for the page that --report writes.
_rows: dict[str, list[tuple[str, ...]]] = {"clients": [], "adapters": [], "generated": [], "contract": []}


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Notes a row for the page, once everything before it in the test held."""

    def note(table: str, package: str, *cells: Any, release: str | None = None) -> None:
        _rows[table].append((package, release or version(package), *map(str, cells)))

    return note


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--report", help="write what was run and what came back to this file")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    path = session.config.getoption("--report")
    if path and exitstatus == 0:
        import report

        Path(path).write_text(report.page(_rows), encoding="utf-8")
