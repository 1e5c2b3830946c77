"""`credits forget` erases a member from the whole data directory and changes no total."""

from __future__ import annotations

import fcntl
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.personal_data import figures_of, traces
from support.product import (
    SAMPLE_AS_OF,
    Credits,
    CreditsWith,
    NightlyRun,
    copy_run,
    nightly_run,
    published_rows,
)


@pytest.fixture(scope="module")
def sarah_run(corrected_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """The corrected run itself, since Dagster's records are of its data directory."""
    landing = shutil.copytree(corrected_run.landing, tmp_path_factory.mktemp("forget") / "landing")
    return replace(corrected_run, landing=landing, data_dir=corrected_run.data_dir.with_name("data"))


def files_of(folder: Path) -> dict[Path, int]:
    """Every file but the lock, and when it was changed."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "run.lock")
    return {path: path.lstat().st_mtime_ns for path in files}


def test_an_erased_member_leaves_no_trace_and_every_total_stays(
    credits_with: CreditsWith, sarah_run: NightlyRun
) -> None:
    assert sarah_run.home
    credits_command = credits_with(DAGSTER_HOME=str(sarah_run.home))
    before, found = published_rows(sarah_run.published), traces(sarah_run.data_dir)
    restated = sarah_run.query("select count(*) from marts.restatements")
    files = files_of(sarah_run.data_dir)
    used = sarah_run.query("select period_start, used, status from marts.budget_status order by 1")
    # otherwise the test would prove nothing
    for folder in ("raw/", "journal/", "versions/1/", "versions/2/report/", "warehouse.duckdb"):
        assert any(name.startswith(folder) for name in found), (folder, found)
    assert traces(sarah_run.home)
    command = (
        "forget",
        "--member",
        "m_sarah",
        "--landing",
        sarah_run.landing,
        "--data-dir",
        sarah_run.data_dir,
    )

    dry = credits_command(*command, "--dry-run")
    assert (dry.returncode, files_of(sarah_run.data_dir)) == (0, files), dry.stderr
    assert "1,737 rows of generation_events would be rewritten" in dry.stdout
    result = credits_command(*command)

    assert result.returncode == 0, result.stdout + result.stderr
    assert traces(sarah_run.data_dir) == set()
    assert traces(sarah_run.home) == set()
    assert [path.name for path in (sarah_run.data_dir / "versions").iterdir()] == ["3"]
    assert f"delivered files of {sarah_run.landing}: " in result.stdout
    after = published_rows(sarah_run.published)
    assert after["credit_summary"] == before["credit_summary"]
    assert sarah_run.query("select count(*) from marts.restatements") == restated
    assert used == sarah_run.query("select period_start, used, status from marts.budget_status order by 1")
    assert sum(row[1] > 0 for row in used) == 6
    assert figures_of(after) == figures_of(before)
    assert len(figures_of(after)) == 25


def test_erasing_twice_does_nothing_and_an_unknown_member_or_a_locked_directory_is_refused(
    credits_command: Credits, sarah_run: NightlyRun
) -> None:
    command = ("forget", "--data-dir", sarah_run.data_dir, "--landing", sarah_run.landing, "--member")
    served = sarah_run.published.readlink()
    again = credits_command(*command, "m_sarah")
    assert (again.returncode, "was already erased" in again.stdout) == (0, True), again.stderr
    unknown = credits_command(*command, "m_nobody")
    assert (unknown.returncode, "Only a delivered member can be erased" in unknown.stderr) == (2, True)
    elsewhere = credits_command(*command, "m_mike", "--workspace", "other")
    assert elsewhere.returncode == 2
    with (sarah_run.data_dir / "run.lock").open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert credits_command(*command, "m_mike").returncode == 3
    assert sarah_run.published.readlink() == served


@pytest.mark.slow
def test_with_a_retention_period_a_run_erases_inactive_members(
    sample_run: NightlyRun, credits_with: CreditsWith, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    before = published_rows(run.published)
    command = credits_with(CREDITS_RETENTION_DAYS="30")
    # the sample ends in April 2026
    again = nightly_run(command, run.landing, run.data_dir, run.as_of)
    assert "erased: 5 members without a generation for 30 days" in again.result.stderr
    assert traces(run.data_dir) == set()
    assert figures_of(published_rows(run.published)) == figures_of(before)
    invalid = credits_with(CREDITS_RETENTION_DAYS="soon")("status", "--data-dir", run.data_dir)
    assert (invalid.returncode, "whole number of days" in invalid.stderr) == (2, True)


@pytest.mark.slow
def test_redelivered_rows_neither_count_twice_nor_restore_an_erased_member(
    credits_command: Credits, sarah_run: NightlyRun
) -> None:
    command = ("forget", "--member", "m_sarah", "--landing", sarah_run.landing)
    erased = credits_command(*command, "--data-dir", sarah_run.data_dir)  # unless it was done before
    assert erased.returncode == 0, erased.stderr
    before = published_rows(sarah_run.published)
    for file in [path for path in sarah_run.landing.rglob("*.jsonl") if path.is_file()]:
        # different bytes, so that the rows are read again
        file.write_text(file.read_text() + "\n")
    roster = next((sarah_run.landing / "members").iterdir())
    roster.write_text(roster.read_text() + "\n")
    again = nightly_run(credits_command, sarah_run.landing, sarah_run.data_dir, SAMPLE_AS_OF)
    assert "duplicates" in again.result.stdout
    assert published_rows(sarah_run.published) == before
    assert traces(sarah_run.data_dir) == set()
