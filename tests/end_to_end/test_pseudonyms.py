"""Runs with pseudonyms: every figure stays the same, and no published file names a member."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.personal_data import figures_of, run_with_rejected_lines, traces
from support.product import (
    SAMPLE_AS_OF,
    Credits,
    CreditsWith,
    NightlyRun,
    copy_run,
    nightly_run,
    published_rows,
)

SECRET = "a secret of the tests, long enough"
SUMMARIES = "select * exclude (most_efficient_member_id) from marts.credit_summary order by all"


@pytest.fixture(scope="module")
def sarah_run(
    credits_command: Credits, sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory
) -> NightlyRun:
    root = tmp_path_factory.mktemp("pseudonyms")
    return run_with_rejected_lines(credits_command, copy_run(sample_run, root / "data"), root / "landing")


def members_of(run: NightlyRun) -> set[object]:
    return {member for (member,) in run.query("select distinct member_id from marts.usage_by_member")}


@pytest.mark.slow
def test_with_pseudonyms_no_member_is_named_and_no_figure_changes(
    sarah_run: NightlyRun, credits_with: CreditsWith
) -> None:
    before, summaries = published_rows(sarah_run.published), sarah_run.query(SUMMARIES)
    assert any(name.startswith("parquet/data_quality") for name in traces(sarah_run.published.resolve()))
    command = credits_with(CREDITS_PSEUDONYM_SECRET=SECRET)

    run = nightly_run(command, sarah_run.landing, sarah_run.data_dir, SAMPLE_AS_OF, "--pseudonymise")

    assert "rebuilt from raw" in run.result.stderr
    assert traces(sarah_run.data_dir / "versions") == set()
    after, people = published_rows(sarah_run.published), members_of(sarah_run)
    assert len(people) == 5 and all(str(member).startswith("m-") for member in people)
    assert figures_of(after) == figures_of(before)
    assert sarah_run.query(SUMMARIES) == summaries
    for same in ("credit_lots", "usage_by_category", "waste_by_reason", "depletion_paths"):
        assert after[same] == before[same]
    assert sarah_run.query("select count(*) from marts.restatements") == [(0,)]
    # the secret itself is nowhere
    files = [path for path in sarah_run.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


@pytest.mark.slow
def test_the_same_secret_gives_the_same_pseudonyms_and_another_secret_gives_new_ones(
    sarah_run: NightlyRun, credits_with: CreditsWith
) -> None:
    switched = {"CREDITS_PSEUDONYMISE": "1", "CREDITS_PSEUDONYM_SECRET": SECRET}
    run = nightly_run(credits_with(**switched), sarah_run.landing, sarah_run.data_dir, SAMPLE_AS_OF)
    first, versions = members_of(sarah_run), set((sarah_run.data_dir / "versions").iterdir())
    again = nightly_run(credits_with(**switched), sarah_run.landing, sarah_run.data_dir, SAMPLE_AS_OF)
    assert members_of(sarah_run) == first
    assert "rebuilt from raw" not in again.result.stderr
    assert versions <= set((sarah_run.data_dir / "versions").iterdir())
    other = credits_with(**{**switched, "CREDITS_PSEUDONYM_SECRET": "another " + SECRET})
    run = nightly_run(other, sarah_run.landing, sarah_run.data_dir, SAMPLE_AS_OF)
    assert "rebuilt from raw" in run.result.stderr
    assert not first & members_of(sarah_run)
    assert len(list((sarah_run.data_dir / "versions").iterdir())) == 1


@pytest.mark.slow
def test_erasing_a_member_keeps_the_pseudonyms_of_everyone_else(
    sarah_run: NightlyRun, credits_with: CreditsWith
) -> None:
    switched = {"CREDITS_PSEUDONYMISE": "1", "CREDITS_PSEUDONYM_SECRET": SECRET}
    nightly_run(credits_with(**switched), sarah_run.landing, sarah_run.data_dir, SAMPLE_AS_OF)
    before = members_of(sarah_run)
    command = (
        "forget",
        "--member",
        "m_sarah",
        "--data-dir",
        sarah_run.data_dir,
        "--landing",
        sarah_run.landing,
    )
    refused = credits_with()(*command)
    assert (refused.returncode, "CREDITS_PSEUDONYM_SECRET" in refused.stderr) == (2, True)
    result = credits_with(**switched)(*command)
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(before & members_of(sarah_run)) == 4
    assert traces(sarah_run.data_dir) == set()


def test_a_missing_or_short_secret_is_refused_before_the_run(
    tmp_path: Path, credits_with: CreditsWith
) -> None:
    (tmp_path / "landing").mkdir()
    command = ("run", "--landing", tmp_path / "landing", "--data-dir", tmp_path / "data", "--pseudonymise")
    for environment in ({}, {"CREDITS_PSEUDONYM_SECRET": "too short"}):
        result = credits_with(**environment)(*command)
        assert (result.returncode, "at least 16 characters" in result.stderr) == (2, True)
    assert "too short" not in result.stderr
    invalid = credits_with(CREDITS_PSEUDONYMISE="maybe")(*command[:-1])
    assert (invalid.returncode, "must be 1 or 0" in invalid.stderr) == (2, True)
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_a_run_without_the_pseudonym_setting_does_not_publish_names(
    sarah_run: NightlyRun, credits_with: CreditsWith
) -> None:
    nightly_run(
        credits_with(CREDITS_PSEUDONYMISE="1", CREDITS_PSEUDONYM_SECRET=SECRET),
        sarah_run.landing,
        sarah_run.data_dir,
        SAMPLE_AS_OF,
    )
    served = sarah_run.published.readlink()
    command = (
        "run",
        "--landing",
        sarah_run.landing,
        "--data-dir",
        sarah_run.data_dir,
        "--as-of",
        SAMPLE_AS_OF,
    )
    unset = credits_with()(*command)
    assert (unset.returncode, sarah_run.published.readlink()) == (1, served)
    assert "Pseudonyms are dropped only on request" in unset.stdout
    assert credits_with(CREDITS_PSEUDONYMISE="0")(*command).returncode == 0
