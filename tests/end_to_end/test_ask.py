"""An assistant asks the sample by stdio: the protocol's own client lists and calls every tool."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from support.coroutines import wait_for
from support.product import REPO, NightlyRun
from support.terminals import environment

pytest.importorskip("mcp", reason="the package mcp is not installed; requirements.lock has it (extra mcp)")

from mcp import Client
from mcp.client.stdio import StdioServerParameters

CALLS: dict[str, dict[str, Any]] = {
    "workspaces": {},
    "summary": {"period": "7d"},
    "usage": {"scope": "team"},
    "changes": {"limit": 1},
    "forecast": {},
    "what_if": {"changes": ["saving=120 credits", "members=-1"]},
    "waste": {},
    "suggestions": {},
    "budgets": {},
    "data_quality": {},
    "query": {"sql": "select sum(credits) as credits from marts.usage_by_tag"},
}


def test_every_tool_answers_on_the_sample(sample_run: NightlyRun) -> None:
    words = ["-m", "orchestration.cli.main", "mcp", "--data-dir", str(sample_run.data_dir)]
    changed = environment(PYTHONPATH=str(REPO), DAGSTER_HOME=str(sample_run.home))
    server = StdioServerParameters(command=sys.executable, args=words, env=changed)
    answers: dict[str, Any] = {}

    async def ask() -> None:
        async with Client(server) as client:
            listed = [tool.name for tool in (await client.list_tools()).tools]
            assert sorted(listed) == sorted(CALLS)
            for tool in listed:
                answer = await client.call_tool(tool, CALLS[tool])
                assert not answer.is_error, (tool, answer.content)
                answers[tool] = answer.structured_content
            refused = await client.call_tool("query", {"sql": "select * from read_csv('/etc/passwd')"})
            assert refused.is_error

    wait_for(ask())
    assert answers["workspaces"]["rows"][0]["credits_remaining"] == "2660.000000"
    assert [row["team"] for row in answers["usage"]["rows"]][:1] == ["Catalogue"]
    assert answers["forecast"]["notes"][0] == "8 in 10 chance: between 7 May 2026 and 25 May 2026."
    assert answers["what_if"]["median_days_later"] > 0
    assert answers["waste"]["waste"]["reasons"][0]["wasted_credits"] == "180.000000"
    assert "could save" in answers["suggestions"]["rows"][0]["suggestion"]
    assert answers["data_quality"]["failed"] == 0
