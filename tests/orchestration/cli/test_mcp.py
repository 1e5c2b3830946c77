"""`credits mcp` without its package, or with a port that is taken, says what to do."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli import mcp as command
from orchestration.cli.main import main


def test_without_its_package_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    done = CliRunner().invoke(main, ["mcp"])
    assert (done.exit_code, done.output) == (
        2,
        "credits: this server needs the package mcp; it is not installed. Install the extra `mcp` "
        "(pip install '.[mcp]').\n",
    )


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    pytest.importorskip(
        "mcp", reason="the package mcp is not installed; requirements.lock has it (extra mcp)"
    )
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = CliRunner().invoke(main, ["mcp", "--http", "--port", str(port), "--data-dir", str(tmp_path)])
    assert done.exit_code == 2
    assert f"this server needs port {port} of this machine: " in done.output
    assert done.output.endswith("Choose one with --port.\n")
