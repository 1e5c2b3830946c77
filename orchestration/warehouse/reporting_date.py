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


class IncompleteDay(ValueError):
    """A run was asked to report a day that has not ended yet in the zone of every workspace."""


def require_complete_day(as_of: date, *, now: datetime, timezones: Iterable[str]) -> None:
    """Check that a day has ended in every one of the time zones; see `newest_complete_day`.

    Raises:
        IncompleteDay: it has not; the message names the newest day that has.
    """
    newest = newest_complete_day(now, timezones)
    if as_of > newest:
        raise IncompleteDay(
            f"a run reports a day that has ended in the time zone of every workspace; {as_of} has not, the "
            f"newest complete day is {newest}. Use --as-of {newest}, or --allow-future to report it."
        )
