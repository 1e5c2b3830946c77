"""Nights with pseudonyms: every figure stays, and nobody is named by anything that is published."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.personal_data import figures_of, told_night, traces
from support.product import SAMPLE_AS_OF, Credits, CreditsWith, NightlyRun, copied, nightly, published_rows

SECRET = "a secret of the tests, long enough"


@pytest.fixture(scope="module")
def told(
    credits_command: Credits, sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory
) -> NightlyRun:
    root = tmp_path_factory.mktemp("pseudonyms")
    return told_night(credits_command, copied(sample_run, root / "data"), root / "landing")


def members_of(night: NightlyRun) -> set[object]:
    return {member for (member,) in night.query("select distinct member_id from marts.usage_by_member")}


@pytest.mark.slow
def test_switched_on_nobody_is_named_and_no_figure_is_another(
    told: NightlyRun, credits_with: CreditsWith
) -> None:
    before = published_rows(told.published)
    assert any(name.startswith("parquet/data_quality") for name in traces(told.published.resolve()))
    command = credits_with(CREDITS_PSEUDONYM_SECRET=SECRET)

    night = nightly(command, told.landing, told.data_dir, SAMPLE_AS_OF, "--pseudonymise")

    assert "rebuilt from raw" in night.said.stderr
    assert traces(told.data_dir / "versions") == set()
    after, people = published_rows(told.published), members_of(told)
    assert len(people) == 5 and all(str(member).startswith("m-") for member in people)
    assert figures_of(after) == figures_of(before)
    (summary,), (was,) = (
        [row[:-1] for row in rows["credit_summary"] if row[1] == "30d"] for rows in (after, before)
    )
    assert summary == was
    for same in ("credit_lots", "usage_by_category", "waste_by_reason", "depletion_paths"):
        assert after[same] == before[same]
    assert told.query("select count(*) from marts.restatements") == [(0,)]
    # the secret itself is nowhere
    files = [path for path in told.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


@pytest.mark.slow
def test_the_same_secret_gives_the_same_pseudonyms_and_another_one_others(
    told: NightlyRun, credits_with: CreditsWith
) -> None:
    switched = {"CREDITS_PSEUDONYMISE": "1", "CREDITS_PSEUDONYM_SECRET": SECRET}
    night = nightly(credits_with(**switched), told.landing, told.data_dir, SAMPLE_AS_OF)
    first = members_of(told)
    again = nightly(credits_with(**switched), told.landing, told.data_dir, SAMPLE_AS_OF)
    assert members_of(told) == first
    assert "rebuilt from raw" not in again.said.stderr
    assert len(list((told.data_dir / "versions").iterdir())) >= 2
    other = credits_with(**{**switched, "CREDITS_PSEUDONYM_SECRET": "another " + SECRET})
    night = nightly(other, told.landing, told.data_dir, SAMPLE_AS_OF)
    assert "rebuilt from raw" in night.said.stderr
    assert not first & members_of(told)
    assert len(list((told.data_dir / "versions").iterdir())) == 1


@pytest.mark.slow
def test_forgetting_keeps_the_pseudonyms_of_everyone_else(
    told: NightlyRun, credits_with: CreditsWith
) -> None:
    switched = {"CREDITS_PSEUDONYMISE": "1", "CREDITS_PSEUDONYM_SECRET": SECRET}
    nightly(credits_with(**switched), told.landing, told.data_dir, SAMPLE_AS_OF)
    before = members_of(told)
    command = ("forget", "--member", "m_sarah", "--data-dir", told.data_dir, "--landing", told.landing)
    refused = credits_with()(*command)
    assert (refused.returncode, "CREDITS_PSEUDONYM_SECRET" in refused.stderr) == (2, True)
    said = credits_with(**switched)(*command)
    assert said.returncode == 0, said.stdout + said.stderr
    assert len(before & members_of(told)) == 4
    assert traces(told.data_dir) == set()


def test_without_a_long_enough_secret_nothing_is_run(tmp_path: Path, credits_with: CreditsWith) -> None:
    (tmp_path / "landing").mkdir()
    command = ("run", "--landing", tmp_path / "landing", "--data-dir", tmp_path / "data", "--pseudonymise")
    for environment in ({}, {"CREDITS_PSEUDONYM_SECRET": "too short"}):
        said = credits_with(**environment)(*command)
        assert (said.returncode, "at least 16 characters" in said.stderr) == (2, True)
    assert "too short" not in said.stderr
    odd = credits_with(CREDITS_PSEUDONYMISE="maybe")(*command[:-1])
    assert (odd.returncode, "must be 1 or 0" in odd.stderr) == (2, True)
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_a_run_that_was_not_told_of_pseudonyms_does_not_publish_names(
    told: NightlyRun, credits_with: CreditsWith
) -> None:
    nightly(
        credits_with(CREDITS_PSEUDONYMISE="1", CREDITS_PSEUDONYM_SECRET=SECRET),
        told.landing,
        told.data_dir,
        SAMPLE_AS_OF,
    )
    served = told.published.readlink()
    command = ("run", "--landing", told.landing, "--data-dir", told.data_dir, "--as-of", SAMPLE_AS_OF)
    unsaid = credits_with()(*command)
    assert (unsaid.returncode, told.published.readlink()) == (1, served)
    assert "Pseudonyms are dropped only on request" in unsaid.stdout
    assert credits_with(CREDITS_PSEUDONYMISE="0")(*command).returncode == 0
