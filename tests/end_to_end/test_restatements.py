"""A later run changes exactly the published days that its deliveries affect, and records why."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from oracle import Oracle
from oracle.comparison import differences, lake_rows
from support.corrections import FUNDED_DAY, LATE_DAY, RETRACTED_DAY, WORKSPACE, deliver
from support.product import Credits, NightlyRun, copy_run, nightly_run, published_rows

DAILY = (
    "select usage_date, sum(credits), sum(wasted_credits), sum(generation_count) from marts.usage_daily "
    "where workspace_id = 'acme-store' group by usage_date"
)


def test_restatements_name_exactly_the_changed_days_and_the_cause(
    sample_run: NightlyRun, corrected_run: NightlyRun
) -> None:
    restated = corrected_run.query(
        "select usage_date, cause, credits_after - credits_before from marts.restatements "
        "where workspace_id = 'acme-store' order by all"
    )
    assert [row[:2] for row in restated] == [
        (LATE_DAY, "late"),
        (RETRACTED_DAY, "retraction"),
        (FUNDED_DAY, "ledger"),
    ]
    assert restated[0][2] == Decimal("1.5")
    assert restated[2][2] == 0
    before, after = ({row[0]: row[1:] for row in run.query(DAILY)} for run in (sample_run, corrected_run))
    changed = {day for day in before.keys() | after.keys() if before.get(day) != after.get(day)}
    assert changed == {LATE_DAY, RETRACTED_DAY}


def test_every_figure_after_corrections_equals_the_recomputation_in_plain_python(
    corrected_run: NightlyRun,
) -> None:
    rows = lake_rows(corrected_run.data_dir / "raw")
    expected = Oracle(rows, as_of=date.fromisoformat(corrected_run.as_of)).marts()
    assert differences(corrected_run.published, expected) == []


def test_a_restatement_holds_the_figures_published_before_and_after(
    sample_run: NightlyRun, corrected_run: NightlyRun
) -> None:
    before, after = ({row[0]: row[1:3] for row in run.query(DAILY)} for run in (sample_run, corrected_run))
    restated = corrected_run.query(
        "select usage_date, credits_before, wasted_credits_before, credits_after, wasted_credits_after "
        "from marts.restatements where cause <> 'ledger'"
    )
    assert restated
    for day, *figures in restated:
        assert (*figures[:2],) == before[day]
        assert (*figures[2:],) == after[day]


def test_a_renamed_member_has_the_new_name_in_marts_and_both_in_the_history(
    sample_run: NightlyRun, corrected_run: NightlyRun
) -> None:
    names = "select distinct member_name from marts.usage_by_member where member_id = 'm_tom'"
    assert (sample_run.query(names), corrected_run.query(names)) == ([("Tom",)], [("Thomas",)])
    import duckdb

    with duckdb.connect(str(corrected_run.data_dir / "warehouse.duckdb"), read_only=True) as warehouse:
        versions = warehouse.execute(
            "select name, is_newest from staging.stg_members "
            "where member_id = 'm_tom' order by version_number"
        ).fetchall()
    assert versions == [("Tom", False), ("Thomas", True)]


@pytest.mark.slow
def test_a_new_time_zone_restates_every_day_of_the_workspace_that_changes(
    credits_command: Credits, corrected_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(corrected_run, tmp_path / "data")
    row = {"workspace_id": WORKSPACE, "name": "Acme Store", "timezone": "Pacific/Apia"}
    landing = deliver(tmp_path / "landing", {"workspaces": [row | {"updated_at": "2026-04-07T12:00:00Z"}]})
    moved = nightly_run(credits_command, landing, run.data_dir, run.as_of)
    expected = Oracle(lake_rows(run.data_dir / "raw"), as_of=date.fromisoformat(run.as_of)).marts()
    assert differences(moved.published, expected) == []
    restated = moved.query(
        "select usage_date, credits_before, credits_after from marts.restatements where cause = 'dimension'"
    )
    before, after = ({row[0]: row[1] for row in one.query(DAILY)} for one in (corrected_run, moved))
    assert {day for day, *_ in restated} >= {day for day in before if before[day] != after.get(day)}
    assert len(restated) > 20
    full = nightly_run(credits_command, landing, run.data_dir, run.as_of, "--full-refresh")
    assert published_rows(full.published) == published_rows(moved.published)
