"""Nights that begin badly: two at once, a torn warehouse, times at the end of the calendar."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from oracle import Oracle
from oracle.comparison import differences, lake_rows
from product import SAMPLE_AS_OF, Credits, Night, copied, nightly


def test_of_two_nights_started_together_one_runs_and_one_says_busy(
    credits_command: Credits, sample_night: Night, tmp_path: Path
) -> None:
    night = copied(sample_night, tmp_path / "data")
    command = ["run", "--landing", night.landing, "--data-dir", night.data_dir, "--as-of", night.as_of]
    with ThreadPoolExecutor(2) as both:
        said = list(both.map(lambda _: credits_command(*command), range(2)))
    assert sorted(one.returncode for one in said) == [0, 3], [one.stderr for one in said]


def test_a_torn_warehouse_is_rebuilt_and_the_ends_of_the_calendar_are_survived(
    credits_command: Credits, sample_night: Night, tmp_path: Path
) -> None:
    night = copied(sample_night, tmp_path / "data")
    warehouse = night.data_dir / "warehouse.duckdb"
    warehouse.write_bytes(warehouse.read_bytes()[: 4096 * 3] + b"torn")
    deliver(tmp_path / "landing")
    again = nightly(credits_command, tmp_path / "landing", night.data_dir, SAMPLE_AS_OF)
    assert "is rebuilt from raw" in again.said.stderr
    assert (night.data_dir / "warehouse.duckdb.torn").exists()
    expected = Oracle(lake_rows(night.data_dir / "raw"), as_of=date.fromisoformat(SAMPLE_AS_OF)).marts()
    # years before 1 and after 9999 have no date in Python: what holds such a day is left to the warehouse
    assert differences(night.published, {"credit_summary": expected["credit_summary"]}) == []


def deliver(landing: Path) -> None:
    """A workspace west of UTC with a zero time, a far future time, and a lot that "never" expires."""
    event = {
        "member_id": "m",
        "product_id": "p",
        "generation_type": "meta",
        "credits": "1",
        "workspace_id": "west",
    }
    lot = {
        "workspace_id": "west",
        "entry_type": "grant",
        "credits": "10",
        "expires_at": "9999-12-31T23:59:59Z",
    }
    feeds = {
        "workspaces": [{"workspace_id": "west", "timezone": "America/Los_Angeles"}],
        "generation_events": [
            event | {"event_id": "zero", "occurred_at": "0001-01-02T12:00:00Z"},
            event | {"event_id": "now", "occurred_at": "2026-04-07T12:00:00Z"},
            event | {"event_id": "never", "occurred_at": "9999-12-31T23:59:59Z"},
        ],
        "credit_entries": [lot | {"entry_id": "g", "occurred_at": "2026-04-01T00:00:00Z"}],
    }
    for feed, rows in feeds.items():
        (landing / feed).mkdir(parents=True)
        (landing / feed / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
