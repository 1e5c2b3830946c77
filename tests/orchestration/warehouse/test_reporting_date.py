"""The newest complete day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from orchestration.defs.resources import RunContext
from orchestration.warehouse.reporting_date import IncompleteDay, newest_complete_day, require_complete_day

NOW = datetime(2026, 4, 8, 2, tzinfo=UTC)
PACIFIC = ["UTC", "America/Los_Angeles"]


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


def test_a_day_that_has_not_ended_is_refused_with_the_newest_that_has() -> None:
    require_complete_day(date(2026, 4, 6), now=NOW, timezones=PACIFIC)
    with pytest.raises(IncompleteDay, match=r"2026-04-07 has not, the newest complete day is 2026-04-06\."):
        require_complete_day(date(2026, 4, 7), now=NOW, timezones=PACIFIC)


class Zones:
    """A warehouse in which the workspaces of a run were just loaded."""

    def query(self, _: str) -> pd.DataFrame:
        return pd.DataFrame({"timezone": PACIFIC})


def test_a_run_refuses_the_day_by_the_zones_it_has_just_loaded() -> None:
    def reported(**given: bool) -> date:
        run = RunContext(data_dir="", as_of="2026-04-07", now=NOW.isoformat(), **given)
        return run.as_of_date(Zones())  # type: ignore[arg-type]

    assert reported() == date(2026, 4, 7)
    with pytest.raises(IncompleteDay, match="2026-04-06"):
        reported(is_future_refused=True)
