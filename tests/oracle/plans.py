"""Renewals of plans that nothing has booked yet, as lots that are expected."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from oracle.contract import Row
from oracle.known import local_date, micro
from oracle.ledger import FUNDING, Lot

YEAR, DELAY = 365, 3


def expected_lots(plans: Sequence[Row], entries: Sequence[Row], zone: ZoneInfo, as_of: date) -> list[Lot]:
    """One workspace's renewals from three days ago to a year ahead that no purchase or grant has booked."""
    lots = []
    for plan in sorted(plans, key=lambda plan: plan["plan_id"]):
        renewals = _renewals(plan, as_of + timedelta(days=YEAR))
        booked = _booked(plan, [day for day, _ in renewals], entries, zone)
        for day, end in renewals:
            is_open = day >= as_of - timedelta(days=DELAY) and end > as_of + timedelta(days=1)
            if is_open and day not in booked:
                lots.append(_lot(plan, day, end, zone))
    return lots


def renewed_on(plans: Sequence[Row], as_of: date) -> tuple[date, date] | None:
    """The newest renewal whose interval has not ended, and the one before it; None if there is none."""
    found = []
    for plan in plans:
        number = 0
        while _step(plan, number) <= as_of:
            day, after = _step(plan, number), _step(plan, number + 1)
            if after > as_of and day <= (plan["ends_on"] or as_of):
                found.append((day, _step(plan, number - 1)))
            number += 1
    return max(found, default=None)


def _renewals(plan: Row, last: date) -> list[tuple[date, date]]:
    """Every renewal from the first on, and when its lot ends."""
    days = [_step(plan, 0)]
    while days[-1] <= last:
        days.append(_step(plan, len(days)))
    kept = timedelta(days=plan["rollover_days"])
    until = min(last, plan["ends_on"] or last)
    return [(day, after + kept) for day, after in pairwise(days) if day <= until]


def _step(plan: Row, number: int) -> date:
    start = plan["starts_on"]
    if plan["interval"] in ("day", "week"):
        return start + timedelta(days=number * (7 if plan["interval"] == "week" else 1))
    month = start.month - 1 + number * (12 if plan["interval"] == "year" else 1)
    year, month = start.year + month // 12, month % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def _booked(plan: Row, renewals: Sequence[date], entries: Sequence[Row], zone: ZoneInfo) -> set[date]:
    """Each funding books one renewal: the nearest within 3 days, never as near to the next."""
    near = min(DELAY, {"day": 0, "week": 3}.get(plan["interval"], DELAY))
    fundings = [entry for entry in entries if entry["entry_type"] in FUNDING]
    named = [entry for entry in fundings if entry["plan_id"] == plan["plan_id"]]
    alike = [entry for entry in fundings if entry["plan_id"] is None and entry["credits"] == plan["credits"]]
    booked: set[date] = set()
    done: set[str] = set()
    for distance in range(near + 1):
        for group in (named, alike):
            for entry in sorted(
                group, key=lambda one: (local_date(one["effective_at"], zone), one["entry_id"])
            ):
                day = local_date(entry["effective_at"], zone)
                for other in sorted({day - timedelta(days=distance), day + timedelta(days=distance)}):
                    if entry["entry_id"] not in done and other in renewals and other not in booked:
                        booked.add(other)
                        done.add(entry["entry_id"])
    for entry in named:
        earlier = [day for day in renewals if day <= local_date(entry["effective_at"], zone)]
        if entry["entry_id"] not in done and earlier:
            booked.add(earlier[-1])
    return booked


def _lot(plan: Row, day: date, end: date, zone: ZoneInfo) -> Lot:
    begins, ends = (datetime.combine(each, time(0), zone).astimezone(UTC) for each in (day, end))
    lot = Lot(f"{plan['plan_id']} {day}", "", 10, begins, ends, day.toordinal(), end.toordinal())
    lot.funded = lot.remaining = micro(plan["credits"])
    return lot
