"""`credits serve` serves the Dagster UI to this machine only, and with --read-only only its pages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli.main import main


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The command lines that replaced this process."""
    programs: list[list[str]] = []
    (tmp_path / "dagster.yaml").write_text("")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("CREDITS_LANDING_DIR", str(tmp_path / "landing"))
    monkeypatch.setenv("CREDITS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "execv", lambda _, arguments: programs.append(arguments))
    return programs


@pytest.mark.parametrize(
    ("options", "program"),
    [([], ["dagster", "dev"]), (["--read-only", "--port", "3001"], ["dagster-webserver", "--read-only"])],
)
def test_the_ui_listens_on_this_machine_only(
    started: list[list[str]], options: list[str], program: list[str]
) -> None:
    done = CliRunner().invoke(main, ["serve", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (arguments,) = started
    assert arguments[:2] == program
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert arguments[arguments.index("--port") + 1] == (options or ["3000"])[-1]
