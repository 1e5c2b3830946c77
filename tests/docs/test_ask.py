"""docs/ask.md: its configurations start a command that exists, and its table has every tool."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from orchestration.ask.answers import Answers
from orchestration.cli.main import main

TEXT = (Path(__file__).parents[2] / "docs" / "ask.md").read_text(encoding="utf-8")


def test_each_configuration_starts_the_server() -> None:
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
    assert [list(block) for block in blocks] == [["mcpServers"], ["servers"]]
    for block in blocks:
        ((server,),) = [found.values() for found in block.values()]
        name, *words = server["args"]
        assert Path(server["command"]).name == "credits"
        command = main.commands[name]
        with click.Context(command) as context:
            command.parse_args(context, list(words))
        assert str(context.params["data_dir"]) == "/srv/credits-data" and not context.params["is_http"]


def test_the_table_has_every_tool() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    resources = {"marts", "columns", "published", "data_dir", "memory_limit", "language"}
    assert documented == {name for name in dir(Answers) if not name.startswith("_")} - resources
