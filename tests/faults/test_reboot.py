"""Every process dies during a run: the next start marks the run as failed, and the next run recovers.

Kills of one process are in test_kills.py.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from faults.awkward_run import AwkwardRun, recover, served_run
from faults.namespaces import credits_script
from support.fault_table import Faults
from support.forked_runs import ForkedRuns
from support.product import REPO

WAIT_SECONDS = 600


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def served(awkward: AwkwardRun, data_dir: Path, home: Path, log: Path) -> Iterator[None]:
    """`credits serve` with a run due every minute; at the end all its processes are killed at once."""
    environment = {**os.environ, "DAGSTER_HOME": str(home), "CREDITS_SCHEDULE_CRON": "* * * * *"}
    folders = ("--landing", str(awkward.landing), "--data-dir", str(data_dir))
    with log.open("a") as output:
        server = subprocess.Popen(
            [credits_script(), "serve", *folders, "--port", str(free_port())],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        # the daemons of Dagster start new sessions: their DAGSTER_HOME identifies them
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and int(process.name) != os.getpid() and _has_home(process, home):
                os.kill(int(process.name), signal.SIGKILL)
        server.wait(timeout=60)


def _has_home(process: Path, home: Path) -> bool:
    try:
        return f"DAGSTER_HOME={home}\0".encode() in (process / "environ").read_bytes()
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], log: Path) -> None:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < WAIT_SECONDS, log.read_text()[-5000:]
        time.sleep(0.5)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["facts", "marts"])
def test_after_a_reboot_the_next_scheduled_run_recovers(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, step: str, tmp_path: Path
) -> None:
    data_dir, home, log = awkward.copy_before(tmp_path / "data"), tmp_path / "home", tmp_path / "log"
    home.mkdir()
    shutil.copy(REPO / "dagster.yaml", home)
    log.touch()
    # paths in dagster.yaml are relative to the home
    working_directory = Path.cwd()
    os.chdir(home)
    try:
        with faults.injection("reboot: every process dies"):
            with served(awkward, data_dir, home, log):
                # opening Dagster's storage while it is being created would create it, too
                wait_for(lambda: "Serving dagster-webserver" in log.read_text(), log)
                wait_for(lambda: step in started_steps(home), log)
            # on a slow machine the run of the next minute is already queued
            before = [run for run in runs_of(home) if run.status == dg.DagsterRunStatus.STARTED]
            assert len(before) == 1
            assert served_run(data_dir) == served_run(awkward.before)
            with served(awkward, data_dir, home, log):
                wait_for(lambda: served_run(data_dir)[0] == served_run(awkward.undisturbed)[0], log)
            after = {run.run_id: run.status for run in runs_of(home)}
            assert after[before[0].run_id] == dg.DagsterRunStatus.FAILURE
            assert "interrupted runs were marked as failed" in log.read_text()
            # the schedule has reported up to yesterday
            recover(runs, awkward, data_dir, "--allow-shrink")
    finally:
        os.chdir(working_directory)


def runs_of(home: Path) -> list[dg.DagsterRun]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return list(instance.get_runs())


def started_steps(home: Path) -> set[str]:
    if not (home / ".dagster" / "storage").exists():
        return set()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return {
            str(event.dagster_event.step_key)
            for run in instance.get_runs()
            for event in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_START)
            if event.dagster_event
        }
