"""A later run changes exactly the published days that its deliveries affect, and records why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from oracle import Oracle
from oracle.comparison import differences, lake_rows
from support.product import Credits, NightlyRun, copy_run, nightly_run, published_rows

WORKSPACE = "acme-store"
LATE_DAY, RETRACTED_DAY, FUNDED_DAY = date(2026, 3, 17), date(2026, 3, 20), date(2026, 3, 25)
DAILY = (
    "select usage_date, sum(credits), sum(wasted_credits), sum(generation_count) from marts.usage_daily "
    "where workspace_id = 'acme-store' group by usage_date"
)


def deliver(landing: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """A landing folder with these rows and nothing else."""
    for feed, delivered in rows.items():
        (landing / feed).mkdir(parents=True, exist_ok=True)
        (landing / feed / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in delivered))
    return landing


def event(event_id: str, occurred_at: str, **columns: object) -> dict[str, object]:
    """A generation of a new product, so that no other day changes."""
    return {
        "event_id": event_id,
        "occurred_at": occurred_at,
        "workspace_id": WORKSPACE,
        "member_id": "m_sarah",
        "product_id": f"product of {event_id}",
        "generation_type": "meta",
        "product_category": "Shoes",
        "credits": "1.5",
    } | columns


@pytest.fixture(scope="module")
def corrected(
    credits_command: Credits, sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory
) -> NightlyRun:
    """A second run after the sample's, for the same as_of: late rows, a retraction and a rename."""
    root = tmp_path_factory.mktemp("corrected")
    ((retracted, _),) = sample_run.query(
        f"select event_id, credits from marts.generation_details where usage_date = '{RETRACTED_DAY}' "
        "and attempt_count = 1 and current_outcome is not null order by event_id limit 1"
    )
    landing = deliver(
        root / "landing",
        {
            "generation_events": [event("late", f"{LATE_DAY}T10:00:00Z")],
            "event_retractions": [
                {"retraction_id": "r", "event_id": retracted, "occurred_at": "2026-04-07T09:00:00Z"}
            ],
            "credit_entries": [
                {
                    "entry_id": "late grant",
                    "workspace_id": WORKSPACE,
                    "entry_type": "grant",
                    "credits": "10",
                    "occurred_at": f"{FUNDED_DAY}T00:00:00Z",
                }
            ],
            "members": [
                {
                    "member_id": "m_tom",
                    "workspace_id": WORKSPACE,
                    "name": "Thomas",
                    "updated_at": "2026-04-07T00:00:00Z",
                }
            ],
        },
    )
    run = copy_run(sample_run, root / "data")
    return nightly_run(credits_command, landing, run.data_dir, run.as_of)


def test_restatements_name_exactly_the_changed_days_and_the_cause(
    sample_run: NightlyRun, corrected: NightlyRun
) -> None:
    restated = corrected.query(
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
    before, after = ({row[0]: row[1:] for row in run.query(DAILY)} for run in (sample_run, corrected))
    changed = {day for day in before.keys() | after.keys() if before.get(day) != after.get(day)}
    assert changed == {LATE_DAY, RETRACTED_DAY}


def test_a_restatement_holds_the_figures_published_before_and_after(
    sample_run: NightlyRun, corrected: NightlyRun
) -> None:
    before, after = ({row[0]: row[1:3] for row in run.query(DAILY)} for run in (sample_run, corrected))
    restated = corrected.query(
        "select usage_date, credits_before, wasted_credits_before, credits_after, wasted_credits_after "
        "from marts.restatements where cause <> 'ledger'"
    )
    assert restated
    for day, *figures in restated:
        assert (*figures[:2],) == before[day]
        assert (*figures[2:],) == after[day]


def test_a_renamed_member_has_the_new_name_in_marts_and_both_in_the_history(
    sample_run: NightlyRun, corrected: NightlyRun
) -> None:
    names = "select distinct member_name from marts.usage_by_member where member_id = 'm_tom'"
    assert (sample_run.query(names), corrected.query(names)) == ([("Tom",)], [("Thomas",)])
    import duckdb

    with duckdb.connect(str(corrected.data_dir / "warehouse.duckdb"), read_only=True) as warehouse:
        versions = warehouse.execute(
            "select name, is_newest from staging.stg_members "
            "where member_id = 'm_tom' order by version_number"
        ).fetchall()
    assert versions == [("Tom", False), ("Thomas", True)]


@pytest.mark.slow
def test_a_new_time_zone_restates_every_day_of_the_workspace_that_changes(
    credits_command: Credits, corrected: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(corrected, tmp_path / "data")
    row = {"workspace_id": WORKSPACE, "name": "Acme Store", "timezone": "Pacific/Apia"}
    landing = deliver(tmp_path / "landing", {"workspaces": [row | {"updated_at": "2026-04-07T12:00:00Z"}]})
    moved = nightly_run(credits_command, landing, run.data_dir, run.as_of)
    expected = Oracle(lake_rows(run.data_dir / "raw"), as_of=date.fromisoformat(run.as_of)).marts()
    assert differences(moved.published, expected) == []
    restated = moved.query(
        "select usage_date, credits_before, credits_after from marts.restatements where cause = 'dimension'"
    )
    before, after = ({row[0]: row[1] for row in one.query(DAILY)} for one in (corrected, moved))
    assert {day for day, *_ in restated} >= {day for day in before if before[day] != after.get(day)}
    assert len(restated) > 20
    full = nightly_run(credits_command, landing, run.data_dir, run.as_of, "--full-refresh")
    assert published_rows(full.published) == published_rows(moved.published)
