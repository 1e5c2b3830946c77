"""Ctrl-C ends a run in one sentence, and Dagster and `credits status` know that it ended."""

from __future__ import annotations

import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
from support.forked_runs import ForkedRuns
from support.product import SAMPLE_AS_OF, NightlyRun

from orchestration.cli import start
from orchestration.runs.failure_reasons import INTERRUPTED


@pytest.mark.parametrize("event", ["... start", "... raw_gate", "ok  raw"])
def test_an_interrupted_run_says_so_and_leaves_none_in_progress(
    runs: ForkedRuns, sample_run: NightlyRun, tmp_path: Path, event: str
) -> None:
    data = tmp_path / "data"
    run = runs.nightly_run(
        sample_run.landing, data, SAMPLE_AS_OF, kill_at=f"step {event}", with_signal=signal.SIGINT
    )
    assert run.status == 130, run.output
    assert f"credits: {INTERRUPTED}" in run.stderr
    assert "Traceback" not in run.output
    home = tmp_path / "data.dagster"
    records = home / ".dagster" / "history" / "runs.db"
    if records.exists():
        with closing(sqlite3.connect(records)) as connection:
            assert connection.execute("select distinct status from runs").fetchall() in (
                [],
                [("FAILURE",)],
            )
    status = runs.run("status", "--data-dir", data, environment={"DAGSTER_HOME": str(home)})
    assert status.status == 0, status.output
    if event == "... raw_gate":
        assert f"raw_gate: {INTERRUPTED}" in status.stdout


def test_ctrl_c_during_the_imports_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupting(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "orchestration.cli.main", Interrupting("main"))
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "credits: Interrupted.\n"
