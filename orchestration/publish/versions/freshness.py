"""The age of the served version, and the warning to its readers if it is not up to date.

Not here: when runs started, and whether they failed (runs/history.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from orchestration.publish.versions.history import KeptVersion
from orchestration.visible_text import counted

# one nightly run may be late, or started by hand at another hour; two must not be missed
STALE_AFTER = timedelta(hours=36)


def format_age(then: datetime, now: datetime) -> str:
    """The time between, in minutes, hours or days, whichever a person would use."""
    hours = max((now - then).total_seconds() / 3600, 0)
    return (
        counted(round(hours * 60), "minute")
        if hours < 1
        else counted(round(hours), "hour")
        if hours < 48
        else f"{hours / 24:.0f} days"
    )


def newer_versions(kept: Sequence[KeptVersion]) -> list[int]:
    """Numbers of the versions newer than the served one: it was rolled back to, or a run was killed."""
    served = max((version.number for version in kept if version.is_served), default=None)
    return [version.number for version in kept if served is not None and version.number > served]


def staleness_warning(
    kept: Sequence[KeptVersion], *, now: datetime, failure: str | None = None
) -> str | None:
    """The warning to readers of the served version; None while it is up to date.

    Args:
        kept: all kept versions.
        now: with a zone.
        failure: where the newest run failed, such as "check gate"; empty if unknown, None if it did not.
    """
    served = next((version for version in kept if version.is_served), None)
    if served is None:
        return None
    reasons = []
    if newer := newer_versions(kept):
        reasons.append(f"version {newer[-1]} is newer and not served")
    if failure is not None:
        where = f" at {failure}" if failure else ""
        reasons.append(f"the newest run failed{where}, so newer data was not published")
    if not reasons and now - served.published_at <= STALE_AFTER:
        return None
    age = f"version {served.number} was published {format_age(served.published_at, now)} ago"
    return "Not up to date: " + "; ".join([age, *reasons])
