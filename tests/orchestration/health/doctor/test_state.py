"""The doctor checks the state of the data and changes nothing."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from support.product import REPO, Credits, CreditsWith, NightlyRun, copy_run

from orchestration.health.doctor import state
from orchestration.runs.lock import holder_of
from orchestration.settings import Settings

NOW = datetime.now(UTC)


def settings_of(run: NightlyRun, home: Path | None = None) -> Settings:
    return Settings(landing_dir=run.landing, data_dir=run.data_dir, dagster_home=home or REPO)


@pytest.fixture
def run(sample_run: NightlyRun, tmp_path: Path) -> NightlyRun:
    """The sample run in a data directory of this test's own."""
    return copy_run(sample_run, tmp_path / "data")


@contextmanager
def locked(data_dir: Path, owner: str) -> Iterator[None]:
    """Another process holds the lock of the data directory."""
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = data_dir / "run.lock"
    lock.write_text(owner)
    script = (
        "import fcntl, sys\n"
        "file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield
        process.communicate("")


def contents(folder: Path) -> dict[str, bytes | str]:
    """The content of every file and link."""
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_the_process_that_holds_the_lock_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    assert (holder_of(tmp_path), list(tmp_path.iterdir())) == (None, [])
    with locked(tmp_path, "process 4711 since 2026-04-08 02:00:00 UTC\n"):
        found = state.check_lock(tmp_path)
        assert (found.state, "process 4711 since" in found.found) == ("warning", True)
    assert state.check_lock(tmp_path).state == "ok"
    assert (tmp_path / "run.lock").read_text().startswith("process 4711")
    # the check took no lock
    with (tmp_path / "run.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_warehouse_that_is_damaged_missing_or_open_elsewhere_is_reported(run: NightlyRun) -> None:
    settings = settings_of(run)
    assert state.check_warehouse(settings).state == "ok"
    script = (
        f"import duckdb\nc = duckdb.connect({str(settings.warehouse_path)!r})\nprint(1, flush=True)\ninput()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as other:  # type: ignore[call-overload]
        assert other.stdout and other.stdout.readline()
        found = state.check_warehouse(settings)
        assert (found.state, "another program" in found.found) == ("problem", True)
        other.communicate("\n")
    with locked(run.data_dir, "process 1"):
        assert "not opened" in state.check_warehouse(settings).found

    whole = settings.warehouse_path.read_bytes()
    settings.warehouse_path.write_bytes(b"x" * 4096)
    assert "is damaged" in state.check_warehouse(settings).found
    settings.warehouse_path.rename(settings.warehouse_path.with_name("warehouse.duckdb.torn"))
    torn = state.check_warehouse(settings)
    assert (torn.state, "set aside" in torn.found) == ("warning", True)
    settings.warehouse_path.with_name("warehouse.duckdb.torn").unlink()
    assert "is missing; raw exists" in state.check_warehouse(settings).found
    shutil.rmtree(settings.lake_dir)
    assert state.check_warehouse(settings).state == "ok"
    settings.warehouse_path.write_bytes(whole)


def test_a_version_that_is_stale_rolled_back_or_damaged_is_reported(run: NightlyRun) -> None:
    settings = settings_of(run)
    fine = state.check_published(settings, now=NOW)
    assert (fine.state, "version 1, up to 2026-04-07, 1 workspace" in fine.found) == ("ok", True)
    stale = state.check_published(settings, now=NOW + timedelta(days=3))
    assert (stale.state, "3 days ago" in stale.found) == ("warning", True)
    shutil.copytree(run.data_dir / "versions" / "1", run.data_dir / "versions" / "2")
    assert "version 2 is newer" in state.check_published(settings, now=NOW).found

    database = run.published / "credits.duckdb"
    database.write_bytes(b"x" * 4096)
    broken = state.check_published(settings, now=NOW)
    assert (broken.state, "credits rollback" in broken.remedy) == ("problem", True)
    run.published.unlink()
    assert state.check_published(settings, now=NOW).found == "nothing yet"


@pytest.mark.slow
def test_a_run_that_failed_is_a_problem_and_the_check_creates_no_records(
    credits_with: CreditsWith, run: NightlyRun, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(REPO / "dagster.yaml", home)
    at_home = credits_with(DAGSTER_HOME=str(home))
    command = ("doctor", "--data-dir", run.data_dir, "--landing", run.landing, "--format", "json")

    def last_run() -> tuple[int, dict[str, str]]:
        done = at_home(*command)
        return done.returncode, {row["check"]: row for row in json.loads(done.stdout)}["last run"]

    status, found = last_run()
    assert (status, found["found"]) == (0, "none on record")
    assert [path.name for path in home.iterdir()] == ["dagster.yaml"]

    # more accepted than there is: a critical gate on raw
    deliveries = run.data_dir / "raw" / "batches" / "000001" / "deliveries.parquet"
    wrong = tmp_path / "wrong.parquet"
    duckdb.execute(
        f"copy (select * replace (accepted_count + 1 as accepted_count) from read_parquet('{deliveries}')) "
        f"to '{wrong}' (format parquet)"
    )
    shutil.copy(wrong, deliveries)
    assert at_home("rebuild", "--data-dir", run.data_dir).returncode == 1
    status, found = last_run()
    assert (status, found["state"]) == (1, "problem")
    assert "failure" in found["found"] and "credits status" in found["remedy"]


def test_records_that_cannot_be_read_are_a_problem(
    run: NightlyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    records = home / ".dagster" / "storage" / "history"
    records.mkdir(parents=True)
    (records / "runs.db").write_bytes(b"no database" * 500)
    shutil.copy(REPO / "dagster.yaml", home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.chdir(home)
    found = state.check_last_run(settings_of(run, home))
    assert (found.state, "records cannot be read" in found.found) == ("problem", True)


def test_names_in_place_of_pseudonyms_are_reported_before_the_run_refuses_them(run: NightlyRun) -> None:
    settings = settings_of(run)
    assert state.check_people(settings).state == "ok"
    run_state = run.published.resolve() / "version.json"
    values = json.loads(run_state.read_text())
    run_state.write_text(json.dumps(values | {"definitions": f"{values['definitions']}-0.secret"}))
    found = state.check_people(settings)
    assert (found.state, "CREDITS_PSEUDONYMISE" in found.remedy) == ("problem", True)
    run_state.write_text("{")
    assert state.check_people(settings).state == "problem"


def test_the_doctor_finds_nothing_wrong_with_the_sample_and_changes_nothing(
    credits_command: Credits, run: NightlyRun
) -> None:
    before = contents(run.data_dir), contents(run.landing)
    done = credits_command("doctor", "--data-dir", run.data_dir, "--landing", run.landing)
    assert done.returncode == 0, done.stdout + done.stderr
    labels = [line[:13].strip() for line in done.stdout.splitlines()]
    assert set(labels) >= {
        "python",
        "packages",
        "settings",
        "landing",
        "disk space",
        "lock",
        "published",
        "dbt",
    }
    assert all(": " in line for line in done.stdout.splitlines() if line[:13].strip())
    assert (contents(run.data_dir), contents(run.landing)) == before


def test_an_invalid_setting_is_a_problem_with_exit_code_1(credits_with: CreditsWith, tmp_path: Path) -> None:
    for name, value in (
        ("CREDITS_SCHEDULE_CRON", "every night"),
        ("CREDITS_SCHEDULE_TIMEZONE", "Mars/Olympus"),
        ("CREDITS_MEMORY_LIMIT", "much"),
    ):
        done = credits_with(**{name: value})("doctor", "--data-dir", tmp_path / "data", "--format", "json")
        assert done.returncode == 1
        settings = json.loads(done.stdout)[-1]
        assert (settings["check"], settings["state"], name in settings["found"]) == (
            "settings",
            "problem",
            True,
        )


def test_a_warning_alone_exits_with_0(credits_command: Credits, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    done = credits_command("doctor", "--data-dir", tmp_path / "data", "--landing", tmp_path / "landing")
    assert done.returncode == 0, done.stdout
    assert "warning: nothing yet" in done.stdout
    assert not (tmp_path / "data").exists()
