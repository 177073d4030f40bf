"""The contract, api/openapi.yaml: valid, kept by the live service, and a source
of clients that compile and work."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from conftest import ROOT

Report = Callable[..., None]

CONTRACT = ROOT / "api" / "openapi.yaml"
TYPESCRIPT = ROOT / "deploy" / "clients" / "typescript"


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Runs a program, which must succeed, and gives what it printed."""
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-8000:]}")
    return done.stdout


def script(name: str) -> Path:
    """A program of the environment that runs the tests."""
    return Path(sys.executable).parent / name


def test_valid(report: Report) -> None:
    run(script("openapi-spec-validator"), "--schema", "3.0", CONTRACT)
    assert yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["openapi"] == "3.0.3"
    report("contract", "openapi-spec-validator", "`api/openapi.yaml`", "valid OpenAPI 3.0.3")


def follow(schema: Any, contract: dict[str, Any]) -> Any:
    """A schema as Open WebUI hands it to a language model: references are followed
    in properties and items, and nowhere else."""
    if "$ref" in schema:
        target = contract
        for name in schema["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return follow(target, contract)
    out = dict(schema)
    if "properties" in out:
        out["properties"] = {name: follow(p, contract) for name, p in out["properties"].items()}
    if "items" in out:
        out["items"] = follow(out["items"], contract)
    return out


TOOLS = ("/prune", "/v1/prune", "/rerank", "/v1/rerank", "/v2/rerank")


# Open WebUI reads /openapi.json: operations with an operationId, their description
# or else summary, and the schema of requestBody.content in place. It then posts
# what the model says as JSON.
def test_open_webui_imports_tools(url: str, report: Report) -> None:
    contract = httpx.get(url + "/openapi.json").json()
    for path in TOOLS:
        operation = contract["paths"][path]["post"]
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", operation["operationId"])
        assert operation["description"] and operation["summary"]
        parameters = follow(operation["requestBody"]["content"]["application/json"]["schema"], contract)
        assert "$ref" not in json.dumps(parameters), "a language model cannot follow it"
        assert {"query", "documents"} <= set(parameters["properties"])
        assert "query" in parameters["required"]
        for name, parameter in parameters["properties"].items():
            assert parameter.get("description"), f"{path} does not say what {name} is"
    said = {"query": "Who wrote it?", "documents": ["Ada wrote it. Bananas.", {"id": "b", "html": "<p>Bananas."}]}
    for path in TOOLS:
        assert httpx.post(url + path, json=said, timeout=60).status_code == 200
    report("contract", "Open WebUI", "its way to read `/openapi.json` as tools, written anew", "5 tools, each parameter described, no reference left; one call of each", release="-")


# Dify reads the file that is pasted or imported: the first server, every
# operationId, description or summary, and the properties of requestBody.content,
# whose schema may be one reference.
def test_dify_imports_tools(report: Report) -> None:
    contract = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    assert contract["servers"][0]["url"].startswith("http")
    assert contract["info"]["description"]
    operations = [o for path in contract["paths"].values() for o in path.values()]
    names = [o["operationId"] for o in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert operation.get("description") or operation["summary"]
    for path in TOOLS:
        media = contract["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert media["examples"]
        schema = contract
        for name in media["schema"]["$ref"].removeprefix("#/").split("/"):
            schema = schema[name]
        assert {"query", "documents"} <= set(schema["properties"])
        assert schema["properties"]["query"]["type"] == "string"
    report("contract", "Dify", "its way to read `api/openapi.yaml` as tools, written anew", "5 tools with their parameters, first server, examples", release="-")


# All checks but those that schemathesis.toml turns off, with the reasons.
def test_schemathesis(url: str, report: Report, tmp_path: Path) -> None:
    run(
        script("schemathesis"), "--config-file", Path(__file__).with_name("schemathesis.toml"), "run", url + "/openapi.json",
        "--max-examples", "40", "--seed", "20260101", "--continue-on-failure", "--report", "json", "--report-dir", tmp_path, "--no-color", cwd=tmp_path,
    )
    result = json.loads(next(tmp_path.glob("json-*.json")).read_text(encoding="utf-8"))
    assert result["complete"] and not result["failures"]
    assert result["operations"]["tested"] == result["operations"]["total"]
    cases, operations = result["test_cases"]["generated"], result["operations"]["total"]
    assert cases > 1000
    report(
        "contract", "schemathesis", f"{operations} operations, {cases} requests: examples, coverage and fuzzing; all checks but acceptance of what the schema allows",
        "0 failures: no 5xx, no undocumented status or header, no answer against its schema, nothing accepted that the schema forbids (batches answer for each item)",
    )


PYTHON_REQUEST = """
import sys
from generated.api.prune import prune
from generated.api.rerank import rerank_v2
from generated.client import Client
from generated.models import Document, PruneAnswer, PruneRequest, RerankAnswer, RerankRequest

client = Client(base_url=sys.argv[1])
text = "Ada wrote the first program. Bananas are rich in potassium."
pruned = prune.sync(client=client, body=PruneRequest(
    query="Who wrote the first program?", documents=[text, Document(id="page", html="<p>" + text)]))
assert isinstance(pruned, PruneAnswer), pruned
assert [r.index for r in pruned.results] == [0, 1] and pruned.results[0].text.startswith("Ada wrote"), pruned
ranked = rerank_v2.sync(client=client, body=RerankRequest(query="Who wrote it?", documents=["Bananas.", text]))
assert isinstance(ranked, RerankAnswer), ranked
assert ranked.results[0].index == 1
print("ok")
"""


def test_generated_python(url: str, report: Report, tmp_path: Path) -> None:
    generated = tmp_path / "generated"
    run(script("openapi-python-client"), "generate", "--path", CONTRACT, "--output-path", generated, "--meta", "none")
    program = tmp_path / "request.py"
    program.write_text(PYTHON_REQUEST, encoding="utf-8")
    # The generator's own client.py does not pass mypy, so errors in what is only
    # imported are not told.
    run(script("mypy"), "--strict", "--follow-imports=silent", "--cache-dir", ROOT / ".cache" / "mypy", program, cwd=tmp_path)
    run(sys.executable, "-m", "compileall", "-q", generated)
    assert run(sys.executable, program, url, cwd=tmp_path).strip() == "ok"
    report("generated", "openapi-python-client", "Python", "compiled; a program that uses it under mypy --strict", "`/prune`, `/v2/rerank`: as expected")


def test_generated_go(url: str, report: Report, tmp_path: Path) -> None:
    folder = ROOT / "api" / "client"
    made = tmp_path / "client.gen.go"
    run("go", "tool", "oapi-codegen", "-config", "oapi-codegen.yaml", "-o", made, "../openapi.yaml", cwd=folder)
    assert filecmp.cmp(made, folder / "client.gen.go", shallow=False), "api/client is not of this contract: run make generate"
    printed = run("go", "run", "./deploy/clients/go", url)
    assert "21 hours and 36 minutes" in printed and len(printed.splitlines()) == 4
    release = run("go", "list", "-m", "-f", "{{.Version}}", "github.com/oapi-codegen/oapi-codegen/v2").strip()
    report("generated", "oapi-codegen", "Go", "compiled, equal to `api/client`", "`/prune`, `/v2/rerank`: as expected", release=release)


@pytest.fixture(scope="session")
def typescript() -> Path:
    """A copy of the TypeScript client with what it needs, kept between runs."""
    if shutil.which("npm") is None:
        if os.environ.get("RAGPRUNE_TEST_REQUIRE"):
            pytest.fail("npm is not there: install Node.js 18 or later")
        pytest.skip("npm is not there: install Node.js 18 or later")
    copy = ROOT / ".cache" / "clients" / "typescript"
    copy.mkdir(parents=True, exist_ok=True)
    lock = (TYPESCRIPT / "package-lock.json").read_bytes()
    installed = copy / "node_modules" / ".lock"
    shutil.rmtree(copy / "src", ignore_errors=True)
    shutil.copytree(TYPESCRIPT, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "dist"))
    if not installed.is_file() or installed.read_bytes() != lock:
        run("npm", "ci", "--no-audit", "--no-fund", "--no-progress", cwd=copy)
        installed.write_bytes(lock)
    return copy


def test_typescript(typescript: Path, url: str, report: Report, tmp_path: Path) -> None:
    made = tmp_path / "schema.ts"
    run("npx", "--no-install", "openapi-typescript", CONTRACT, "--output", made, cwd=typescript)
    assert filecmp.cmp(made, TYPESCRIPT / "src" / "schema.ts", shallow=False), "schema.ts is not of this contract: run make generate"
    run("npx", "--no-install", "tsc", cwd=typescript)
    lines = [json.loads(line) for line in run("node", "dist/example.js", url, cwd=typescript).splitlines()]
    assert "21 hours and 36 minutes" in lines[0]["text"]
    assert lines[1]["id"] == "shop" and lines[1]["text"] == ""
    assert [r["index"] for r in lines[3]] == [1, 0]
    assert lines[4]["status"] == 422 and lines[4]["code"] == "invalid_request"
    package = json.loads((TYPESCRIPT / "package.json").read_text(encoding="utf-8"))
    release = package["devDependencies"]["openapi-typescript"]
    compiler = package["devDependencies"]["typescript"]
    report(
        "generated", "openapi-typescript", "TypeScript", f"type-checked by tsc {compiler}, strict, equal to `deploy/clients/typescript`",
        "`/prune`, `/v2/rerank`, an error, by openapi-fetch: as expected", release=release,
    )
