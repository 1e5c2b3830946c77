"""The help of `credits` fits a terminal of 80 columns, and each line starts with a verb."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from orchestration.cli.main import SECTIONS, main

COMMANDS = [command for section in SECTIONS.values() for command in section]
VERBS = {
    "Build",
    "Check",
    "Connect",
    "Erase",
    "Export",
    "Fit",
    "Load",
    "Predict",
    "Print",
    "Pull",
    "Rebuild",
    "Roll",
    "Run",
    "Score",
    "Send",
    "Show",
    "Start",
    "Verify",
    "Write",
}


def test_every_command_is_in_one_section() -> None:
    assert list(SECTIONS) == ["Run", "Read", "Forecast", "Keep", "Serve"]
    assert sorted(command.name or "" for command in COMMANDS) == sorted(main.commands)


def test_the_help_shows_every_line_whole_in_80_columns() -> None:
    shown = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    assert "..." not in shown.replace("[ARGS]...", "")
    assert max(map(len, shown.splitlines())) <= 80
    lines = [line.split(maxsplit=1) for line in shown.splitlines()]
    for command in COMMANDS:
        assert [command.name, command.short_help] in lines


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_help_of_a_command_starts_with_a_verb(command: click.Command) -> None:
    assert command.short_help and len(command.short_help) <= 45
    assert command.short_help.split()[0].rstrip(",") in VERBS
    assert command.help and command.help.split()[0].rstrip(",") in VERBS


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_has_a_help_text_that_ends_with_a_full_stop_or_its_default(
    command: click.Command,
) -> None:
    for option in command.params:
        if isinstance(option, click.Option) and option.name != "help" and option.name != "output_format":
            assert option.help and option.help.endswith((".", "]")), option.name
