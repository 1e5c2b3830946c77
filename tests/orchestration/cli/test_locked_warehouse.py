"""A command that forecasts says who has the working file open, or that it is damaged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli.main import main


@pytest.mark.parametrize("command", [("backtest",), ("forecast", "--what-if", "members=+1")], ids=" ".join)
def test_a_file_that_another_program_has_open_is_busy(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "warehouse.duckdb"
    script = f"import duckdb\nc = duckdb.connect({str(file)!r})\nprint(1, flush=True)\ninput()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as other:  # type: ignore[call-overload]
        assert other.stdout and other.stdout.readline()
        done = CliRunner().invoke(main, [*command, "--data-dir", str(tmp_path)])
        other.communicate("\n")
    assert (done.exit_code, isinstance(done.exception, SystemExit)) == (3, True)
    assert done.output.startswith(f"credits: another program has {file} open")
    assert str(other.pid) in done.output and "Close it" in done.output


def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "warehouse.duckdb").write_bytes(b"x" * 4096)
    done = CliRunner().invoke(main, ["backtest", "--data-dir", str(tmp_path)])
    assert (done.exit_code, "credits rebuild" in done.output) == (1, True)
