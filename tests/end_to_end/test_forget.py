"""A person forgotten by the command: nowhere in the data directory any more, and no total is another."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest
from support.personal_data import figures_of, told_night, traces
from support.product import SAMPLE_AS_OF, Credits, CreditsWith, NightlyRun, copied, nightly, published_rows


@pytest.fixture(scope="module")
def told(
    credits_command: Credits, sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory
) -> NightlyRun:
    root = tmp_path_factory.mktemp("forget")
    return told_night(credits_command, copied(sample_run, root / "data"), root / "landing")


def test_a_forgotten_person_is_nowhere_and_every_total_stays(
    credits_command: Credits, told: NightlyRun, dagster_home: Path
) -> None:
    before, found = published_rows(told.published), traces(told.data_dir)
    home = traces(dagster_home)
    # or the test would prove nothing
    for place in ("raw/", "journal/", "versions/1/", "versions/2/report/", "warehouse.duckdb"):
        assert any(name.startswith(place) for name in found), (place, found)
    assert home
    command = ("forget", "--member", "m_sarah", "--landing", told.landing, "--data-dir", told.data_dir)

    dry = credits_command(*command, "--dry-run")
    assert (dry.returncode, traces(told.data_dir)) == (0, found), dry.stderr
    assert "464 rows of generation_events would be rewritten" in dry.stdout
    said = credits_command(*command)

    assert said.returncode == 0, said.stdout + said.stderr
    assert traces(told.data_dir) == set()
    assert traces(dagster_home) == set()
    assert [path.name for path in (told.data_dir / "versions").iterdir()] == ["3"]
    assert f"delivered files in {told.landing} still mention the person" in said.stdout
    after = published_rows(told.published)
    assert after["credit_summary"] == before["credit_summary"]
    assert told.query("select count(*) from marts.restatements") == [(0,)]
    assert figures_of(after) == figures_of(before)
    assert len(figures_of(after)) == 15


def test_forgetting_again_does_nothing_and_an_unknown_or_busy_one_is_refused(
    credits_command: Credits, told: NightlyRun
) -> None:
    command = ("forget", "--data-dir", told.data_dir, "--landing", told.landing, "--member")
    served = told.published.readlink()
    again = credits_command(*command, "m_sarah")
    assert (again.returncode, "was already erased" in again.stdout) == (0, True), again.stderr
    unknown = credits_command(*command, "m_nobody")
    assert (unknown.returncode, "Only a delivered member can be erased" in unknown.stderr) == (2, True)
    elsewhere = credits_command(*command, "m_mike", "--workspace", "other")
    assert elsewhere.returncode == 2
    with (told.data_dir / "run.lock").open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert credits_command(*command, "m_mike").returncode == 3
    assert told.published.readlink() == served


@pytest.mark.slow
def test_with_a_retention_a_night_forgets_who_is_gone(
    sample_run: NightlyRun, credits_with: CreditsWith, tmp_path: Path
) -> None:
    night = copied(sample_run, tmp_path / "data")
    before = published_rows(night.published)
    command = credits_with(CREDITS_RETENTION_DAYS="30")
    # the sample ends in April 2026
    again = nightly(command, night.landing, night.data_dir, night.as_of)
    assert "5 members without a generation for 30 days are erased" in again.said.stderr
    assert traces(night.data_dir) == set()
    assert figures_of(published_rows(night.published)) == figures_of(before)
    odd = credits_with(CREDITS_RETENTION_DAYS="soon")("status", "--data-dir", night.data_dir)
    assert (odd.returncode, "whole number of days" in odd.stderr) == (2, True)


def test_what_is_delivered_again_neither_counts_twice_nor_brings_the_person_back(
    credits_command: Credits, told: NightlyRun
) -> None:
    before = published_rows(told.published)
    for file in [path for path in told.landing.rglob("*.jsonl") if path.is_file()]:
        # other bytes, so that the rows are read again
        file.write_text(file.read_text() + "\n")
    roster = next((told.landing / "members").iterdir())
    roster.write_text(roster.read_text() + "\n")
    again = nightly(credits_command, told.landing, told.data_dir, SAMPLE_AS_OF)
    assert "duplicates" in again.said.stdout
    assert published_rows(told.published) == before
    assert traces(told.data_dir) == set()
