"""The tools of `ragprune mcp`, through the official client of the Model Context
Protocol."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ANSWER, DOCUMENTS, QUERY, ROOT
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

PROGRAM = os.environ.get("RAGPRUNE_PROGRAM", str(ROOT / "bin" / "ragprune"))


def test_tools(report: Callable[..., None]) -> None:
    if not Path(PROGRAM).is_file():
        pytest.fail(f"{PROGRAM} is not there: run make build, or set RAGPRUNE_PROGRAM")
    asyncio.run(asyncio.wait_for(use_tools(), 60))
    report("clients", "mcp", "`ClientSession`: list of tools, `prune`, `rerank`, wrong calls", "`ragprune mcp`, stdio", "order, scores and pruned texts as expected, errors told")


async def use_tools() -> None:
    # The client passes on little of its environment.
    server = StdioServerParameters(command=PROGRAM, args=["mcp"], env=dict(os.environ), cwd=ROOT)
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(tools) == {"prune", "rerank"}
        for tool in tools.values():
            assert tool.description and tool.output_schema
            assert {"query", "documents"} <= set(tool.input_schema["required"])
            assert all(p.get("description") for p in tool.input_schema["properties"].values())

        call = {"query": QUERY, "documents": DOCUMENTS}
        pruned = await session.call_tool("prune", {**call, "preset": "aggressive"})
        assert not pruned.is_error
        results = pruned.structured_content["results"]
        assert [r["index"] for r in results] == [0, 1, 2] and results[1]["text"] == ANSWER
        assert ANSWER in pruned.content[0].text

        ranked = await session.call_tool("rerank", {**call, "top_n": 2})
        results = ranked.structured_content["results"]
        assert results[0]["index"] == 1 and results[0]["score"] > results[1]["score"] and len(results) == 2

        wrong = await session.call_tool("prune", {**call, "preset": "reckless"})
        assert wrong.is_error and "preset" in wrong.content[0].text
        missing = await session.call_tool("rerank", {"query": QUERY})
        assert missing.is_error and "documents" in missing.content[0].text
