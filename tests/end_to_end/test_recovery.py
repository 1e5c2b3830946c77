"""A run that starts badly: a torn warehouse, and times and amounts at their limits."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from oracle import Oracle
from oracle.comparison import differences, lake_rows
from support.product import SAMPLE_AS_OF, Credits, NightlyRun, copy_run, nightly_run


@pytest.mark.slow
def test_a_torn_warehouse_is_rebuilt_with_times_and_amounts_at_their_limits(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    warehouse = run.data_dir / "warehouse.duckdb"
    warehouse.write_bytes(warehouse.read_bytes()[: 4096 * 3] + b"torn")
    deliver(tmp_path / "landing")
    again = nightly_run(credits_command, tmp_path / "landing", run.data_dir, SAMPLE_AS_OF)
    assert "is rebuilt from raw" in again.result.stderr
    assert (run.data_dir / "warehouse.duckdb.torn").exists()
    expected = Oracle(lake_rows(run.data_dir / "raw"), as_of=date.fromisoformat(SAMPLE_AS_OF)).marts()
    assert differences(run.published, expected) == []
    assert "event native most-2: 999999999999.999999 credits" in again.result.stdout


def deliver(landing: Path) -> None:
    """Earliest and latest times west of UTC; the largest charges, and a lot that "never" expires."""
    most = "999999999999.999999"
    event = {"member_id": "m", "product_id": "p", "generation_type": "meta"}
    events = [
        ("west", "zero", "0001-01-02T12:00:00Z", "1"),
        ("west", "now", "2026-04-07T12:00:00Z", "1"),
        ("west", "never", "9999-12-31T23:59:59Z", "1"),
        ("rich", "most-1", "2026-01-01T12:00:00Z", most),
        ("rich", "most-2", "2026-04-07T12:00:00Z", most),
        ("rich", "least", "2026-04-07T12:00:00Z", "0.000001"),
        ("rich", "usual", "2026-04-06T12:00:00Z", "1"),
    ]
    names = ("workspace_id", "event_id", "occurred_at", "credits")
    lot = {"entry_id": "g", "entry_type": "grant", "credits": most, "workspace_id": "rich"}
    instants = {"occurred_at": "2026-04-01T00:00:00Z", "expires_at": "9999-12-31T23:59:59Z"}
    feeds = {
        "workspaces": [{"workspace_id": "west", "timezone": "America/Los_Angeles"}],
        "generation_events": [event | dict(zip(names, row, strict=True)) for row in events],
        "credit_entries": [lot | instants],
    }
    for feed, rows in feeds.items():
        (landing / feed).mkdir(parents=True)
        (landing / feed / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
