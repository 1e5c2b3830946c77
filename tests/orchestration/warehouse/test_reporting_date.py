"""The newest complete day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from orchestration.warehouse.reporting_date import newest_complete_day


@pytest.mark.parametrize(
    ("now", "timezones", "expected"),
    [
        ("2026-04-08T02:00", [], "2026-04-07"),
        ("2026-04-08T02:00", ["UTC"], "2026-04-07"),
        # it is still the 7th in Los Angeles, so only the 6th has ended everywhere
        ("2026-04-08T02:00", ["UTC", "America/Los_Angeles"], "2026-04-06"),
        ("2026-04-08T08:00", ["UTC", "America/Los_Angeles"], "2026-04-07"),
        # in Auckland the 8th has ended at noon UTC
        ("2026-04-08T12:00", ["Pacific/Auckland"], "2026-04-08"),
        ("2026-04-08T18:29", ["Asia/Kolkata"], "2026-04-07"),
        ("2026-04-08T18:30", ["Asia/Kolkata"], "2026-04-08"),
    ],
)
def test_a_day_counts_once_it_has_ended_in_every_zone(now: str, timezones: list[str], expected: str) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert newest_complete_day(instant, timezones) == date.fromisoformat(expected)
