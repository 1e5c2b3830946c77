"""The local date a run may report: the newest one that has ended in every workspace.

The clock does not belong here: `now` is passed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def newest_complete_day(now: datetime, timezones: Iterable[str]) -> date:
    """The newest date that has ended in every one of the time zones; in UTC if there are none.

    Args:
        now: an instant with offset.
        timezones: IANA names, of every workspace.
    """
    zones = set(timezones) or {"UTC"}
    return min(now.astimezone(ZoneInfo(zone)).date() for zone in zones) - timedelta(days=1)
