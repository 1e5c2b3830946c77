"""No command prints a letter that steers a terminal, whatever it is given or reads.

Which letters those are is tested in test_visible_text.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.terminals import ESCAPE, on_terminal

from orchestration.cli.main import SECTIONS, main
from orchestration.lake.lake import Lake
from orchestration.visible_text import visible

Rows = dict[str, list[dict[str, Any]]]
HOSTILE = "\x1b]0;x\x07a\rb\u202ec\x9b31m"
COMMANDS = sorted(str(command.name) for section in SECTIONS.values() for command in section)
# these replace the process by a server
SERVERS = {"serve", "dashboard"}
READERS = {
    "query": ("query", "select member_name, member_id from marts.usage_by_member"),
    "a failing query": ("query", f"select '{HOSTILE}' from \"{HOSTILE}\""),
    "a query with a column": ("query", f"select 1 as \"{HOSTILE}\", '{HOSTILE}' as x"),
    "report": ("report",),
    "report of one": ("report", "--workspace", HOSTILE),
    "status": ("status",),
    "forecast": ("forecast",),
    "export": ("export", "usage_by_member", "--format", "table"),
    "export of none": ("export", HOSTILE),
    "alerts": ("alerts", "--dry-run"),
    "rollback": ("rollback", "--list"),
    "doctor": ("doctor",),
    "verify": ("verify",),
    "forget": ("forget", "--member", HOSTILE, "--dry-run"),
}


def is_steering(text: str) -> bool:
    return visible(text) != text


@pytest.fixture
def data_dir(publish: Callable[[Rows], Path], rows: Rows, tmp_path: Path) -> Path:
    """Published marts and a lake whose every name is hostile."""
    for mart in rows:
        for row in rows[mart]:
            for name in ("member_name", "workspace_name", "product_category", "suggestion", "team"):
                if name in row:
                    row[name] = f"{row[name]}{HOSTILE}"
    data_dir = publish(rows).parent
    folder = tmp_path / "landing" / "generation_events"
    folder.mkdir(parents=True)
    (folder / f"{HOSTILE.replace('/', '')}.jsonl").write_text(
        json.dumps({"event_id": HOSTILE}) + "\n{" + HOSTILE
    )
    (folder / "x.csv").write_text(f"{HOSTILE},b\n1,2\n")
    Lake(data_dir / "raw").ingest(tmp_path / "landing", now=datetime(2026, 4, 8, tzinfo=UTC))
    return data_dir


@pytest.fixture(autouse=True)
def dagster_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def printed(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done.output


@pytest.mark.parametrize("command", [*COMMANDS, HOSTILE, f"--{HOSTILE}"])
def test_a_hostile_argument_is_refused_in_visible_letters(command: str) -> None:
    words = [[command, f"--{HOSTILE}"], [command, HOSTILE, HOSTILE, HOSTILE]]
    for arguments in words[: 1 if command in SERVERS else 2]:
        shown = printed(*arguments)
        assert shown
        assert not is_steering(shown)


@pytest.mark.parametrize("reader", READERS)
def test_what_a_command_reads_is_printed_in_visible_letters(reader: str, data_dir: Path) -> None:
    words = READERS[reader]
    shown = printed(*words, "--data-dir", str(data_dir))
    assert shown
    assert not is_steering(shown)


@pytest.mark.parametrize("reader", ["query", "report", "status", "a query with a column"])
def test_on_a_terminal_only_the_command_itself_steers(reader: str, data_dir: Path) -> None:
    words = [word for word in READERS[reader] if word != "table"]
    raw = on_terminal(*words, "--data-dir", data_dir).raw
    own = re.sub(r"\r\n", "\n", ESCAPE.sub("", raw))
    assert own
    assert not is_steering(own)
    assert "\x1b]" not in raw
