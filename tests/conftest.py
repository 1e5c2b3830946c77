"""Fixtures that many tests share: `credits` commands and nightly runs, each run once a session.

No figure is asserted here.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from filelock import FileLock
from support.corrections import deliver_corrections
from support.forked_runs import ForkedRuns
from support.product import (
    REAL_USAGE,
    REPO,
    SAMPLE_AS_OF,
    Credits,
    CreditsWith,
    NightlyRun,
    copy_run,
    credits_in,
    nightly_run,
)

pytest_plugins = ["support.fault_table", "support.browser"]
RunOnce = Callable[[str, Callable[[Path, Credits], NightlyRun]], NightlyRun]
ROOM_BYTES = 8 * 1024**3
# imports and fixtures stay: looking for garbage among them is a tenth of the time of all tests
gc.set_threshold(100_000, 50, 50)
# in memory if there is room, as runs sync a lot; nothing is kept there of tests that pass
MEMORY = Path("/dev/shm")
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of tests with commands are first: they take long, and no worker should end with one."""
    with_commands = {item.path for item in items if "runs" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in with_commands)


@atexit.register
def _quiet_teardown() -> None:
    """Keep pytest's closing line the last one.

    When the interpreter exits, DuckDB's bindings list every object that Hypothesis still holds.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


@pytest.fixture(scope="session")
def dagster_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Dagster home of this session's tests."""
    home = tmp_path_factory.mktemp("dagster_home")
    shutil.copy(REPO / "dagster.yaml", home)
    return home


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedRuns]:
    """Run `credits` commands in processes forked from one that has imported everything."""
    server = ForkedRuns(tmp_path_factory.mktemp("runs"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def credits_command(runs: ForkedRuns, dagster_home: Path) -> Credits:
    """Run `credits …` in a separate process, with this session's Dagster home."""
    return credits_in(runs, dagster_home)


@pytest.fixture(scope="session")
def credits_with(runs: ForkedRuns, dagster_home: Path) -> CreditsWith:
    """Run `credits …` with further environment variables, given by name."""
    return partial(credits_in, runs, dagster_home)


@pytest.fixture(scope="session")
def run_once(runs: ForkedRuns, tmp_path_factory: pytest.TempPathFactory) -> RunOnce:
    """A nightly run by its name, made with a home of its own by the first worker that asks for it."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def made(name: str, make: Callable[[Path, Credits], NightlyRun]) -> NightlyRun:
        folder, done = shared / name, shared / f"{name}.pickle"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                home = folder / "home"
                home.mkdir(parents=True)
                shutil.copy(REPO / "dagster.yaml", home)
                done.write_bytes(pickle.dumps(replace(make(folder, credits_in(runs, home)), home=home)))
        run: NightlyRun = pickle.loads(done.read_bytes())  # noqa: S301 (written above)
        return run

    return made


@pytest.fixture(scope="session")
def sample_run(run_once: RunOnce) -> NightlyRun:
    """The sample of the team of five, loaded once."""

    def make(root: Path, credits_command: Credits) -> NightlyRun:
        written = credits_command("sample", "--out", root / "landing")
        assert written.returncode == 0, written.stderr
        return nightly_run(credits_command, root / "landing", root / "data", SAMPLE_AS_OF)

    return run_once("sample", make)


@pytest.fixture(scope="session")
def corrected_run(sample_run: NightlyRun, run_once: RunOnce) -> NightlyRun:
    """A second run after the sample's, for the same as_of, of what corrects it; loaded once.

    A copy: the folder of the run itself, `data`, is for the test that erases a member.
    """

    def make(root: Path, credits_command: Credits) -> NightlyRun:
        landing = deliver_corrections(root / "landing", sample_run)
        run = copy_run(sample_run, root / "data")
        corrected = nightly_run(credits_command, landing, run.data_dir, run.as_of)
        return copy_run(corrected, root / "kept")

    return run_once("corrected", make)


@pytest.fixture(scope="session")
def real_run(run_once: RunOnce) -> NightlyRun:
    """One developer's real usage log up to the middle of 2025, loaded once."""
    if not REAL_USAGE.is_dir():
        pytest.skip(f"the reference data is not at {REAL_USAGE} (it is not part of the repository)")
    return run_once(
        "real",
        lambda root, credits_command: nightly_run(credits_command, REAL_USAGE, root / "data", "2025-06-30"),
    )
