"""Plans that renew: which renewals are still to be expected, and which plans the fundings so far suggest.

Not here: how the ledger books what was delivered (ledger.py).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pandas as pd

from forecasting.ledger_warnings import FUNDING_TYPES

AHEAD_DAYS = 365  # as far as a forecast looks
PATIENCE_DAYS = 3  # an unbooked renewal is still expected for as long, and an entry may be as far from it
PRIORITY = 10
MICRO = 1_000_000
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}
_LONGEST_INTERVAL_DAYS = 366
LOT_COLUMNS = ["workspace_id", "lot_id", "priority", "remaining_micro", "effective_at", "expires_at",
               "effective_on", "expires_on"]  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A plan of one workspace.

    Attributes:
        credits_micro: of each renewal.
        interval: `day`, `week`, `month` or `year`.
        starts_on: the first renewal; day 31 means the last day of a month.
        ends_on: the last day on which it may renew; None if it goes on.
        rollover_days: for which what is left at a renewal is kept.
    """

    plan_id: str
    credits_micro: int
    interval: str
    starts_on: date
    ends_on: date | None
    rollover_days: int

    def renewal(self, number: int) -> date:
        """The day of a renewal; the first is number 0."""
        if self.interval in _DAYS:
            return self.starts_on + timedelta(days=number * _DAYS[self.interval])
        months = self.starts_on.year * 12 + self.starts_on.month - 1 + number * _MONTHS[self.interval]
        year, month = divmod(months, 12)
        return date(year, month + 1, min(self.starts_on.day, monthrange(year, month + 1)[1]))

    def renewals(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """Each renewal between two days, and the day on which its lot expires."""
        longest = _DAYS.get(self.interval) or 31 * _MONTHS[self.interval]
        skipped = max((first - self.starts_on).days // longest, 0)
        last = min(last, self.ends_on or last)
        for number in count(skipped):
            day = self.renewal(number)
            if day > last:
                return
            if day >= first:
                yield day, self.renewal(number + 1) + timedelta(days=self.rollover_days)

    @property
    def tolerance_days(self) -> int:
        """How far from a renewal an entry may be that books it; never as near to the next one."""
        return min(PATIENCE_DAYS, (_DAYS.get(self.interval, 28) - 1) // 2)


@dataclass(frozen=True)
class Funding:
    """A purchase or grant."""

    entry_id: str
    plan_id: str | None
    credits_micro: int
    effective_on: date


def expected_lots(
    plans: pd.DataFrame, entries: pd.DataFrame, *, as_of: date, taken: pd.DataFrame
) -> pd.DataFrame:
    """The renewals of a year to come that no entry has booked.

    Args:
        plans: workspace_id, plan_id, credits_micro, renewal_interval, starts_on, ends_on, rollover_days,
            timezone.
        entries: of `draw_down`, and plan_id.
        as_of: the last local day known.
        taken: workspace_id and lot_id of the lots there are.

    Returns:
        One row per lot: `LOT_COLUMNS`; days are midnights, instants UTC.
    """
    rows: list[tuple[object, ...]] = []
    ids = set(zip(taken["workspace_id"].astype("str"), taken["lot_id"].astype("str"), strict=True))
    fundings = _fundings(entries)
    for workspace_id, plan, zone in _plans(plans):
        found = fundings.get(workspace_id, [])
        for day, expires_on in _unbooked(plan, found, as_of):
            lot_id = f"{plan.plan_id} {day}"
            while (workspace_id, lot_id) in ids:
                lot_id += " expected"
            ids.add((workspace_id, lot_id))
            instants = [_midnight(each, zone) for each in (day, expires_on)]
            days = [pd.Timestamp(day), pd.Timestamp(expires_on)]
            rows.append((workspace_id, lot_id, PRIORITY, plan.credits_micro, *instants, *days))
    frame = pd.DataFrame(rows, columns=LOT_COLUMNS)
    times = dict.fromkeys(["effective_at", "expires_at", "effective_on", "expires_on"], "datetime64[us]")
    texts = dict.fromkeys(["workspace_id", "lot_id"], "str")
    return frame.astype(texts | times | {"priority": "int64", "remaining_micro": "int64"})


def _plans(plans: pd.DataFrame) -> Iterator[tuple[str, Plan, str]]:
    for row in plans.sort_values(["workspace_id", "plan_id"]).to_dict("records"):
        plan = Plan(
            plan_id=str(row["plan_id"]),
            credits_micro=int(row["credits_micro"]),
            interval=str(row["renewal_interval"]),
            starts_on=pd.Timestamp(row["starts_on"]).date(),
            ends_on=None if pd.isna(row["ends_on"]) else pd.Timestamp(row["ends_on"]).date(),
            rollover_days=int(row["rollover_days"]),
        )
        yield str(row["workspace_id"]), plan, str(row["timezone"])


def _fundings(entries: pd.DataFrame) -> dict[str, list[Funding]]:
    """The purchases and grants of each workspace, by effective day."""
    found = entries[entries["entry_type"].isin(FUNDING_TYPES)].sort_values(["effective_on", "entry_id"])
    by_workspace: dict[str, list[Funding]] = {}
    for workspace_id, entry_id, plan_id, credits, day in zip(
        *(found[name].tolist() for name in ("workspace_id", "entry_id", "plan_id", "credits_micro")),
        found["effective_on"],
        strict=True,
    ):
        named = None if pd.isna(plan_id) else str(plan_id)
        funding = Funding(str(entry_id), named, int(credits), pd.Timestamp(day).date())
        by_workspace.setdefault(str(workspace_id), []).append(funding)
    return by_workspace


def _unbooked(plan: Plan, fundings: Sequence[Funding], as_of: date) -> Iterator[tuple[date, date]]:
    """Renewals of the plan from a few days ago to a year ahead that no funding books."""
    earliest = as_of - timedelta(days=PATIENCE_DAYS + _LONGEST_INTERVAL_DAYS)
    renewals = list(plan.renewals(earliest, as_of + timedelta(days=AHEAD_DAYS)))
    booked = booked_renewals(plan, [day for day, _ in renewals], fundings)
    for day, expires_on in renewals:
        is_due = day >= as_of - timedelta(days=PATIENCE_DAYS)
        # what would be over by tomorrow can bring nothing any more
        if is_due and day not in booked and expires_on > as_of + timedelta(days=1):
            yield day, expires_on


def booked_renewals(plan: Plan, renewals: Sequence[date], fundings: Sequence[Funding]) -> set[date]:
    """The renewals that fundings book, each at most one: the nearest pairs first.

    A funding that names the plan and is near no renewal books the one before it.
    """
    named = [one for one in fundings if one.plan_id == plan.plan_id]
    alike = [one for one in fundings if one.plan_id is None and one.credits_micro == plan.credits_micro]
    pairs = sorted(
        (abs((one.effective_on - day).days), one.plan_id is None, one.effective_on, one.entry_id, day)
        for one in (*named, *alike)
        for day in renewals
        if abs((one.effective_on - day).days) <= plan.tolerance_days
    )
    booked: set[date] = set()
    used: set[str] = set()
    for _, _, _, entry_id, day in pairs:
        if day not in booked and entry_id not in used:
            booked.add(day)
            used.add(entry_id)
    for one in named:
        before = [day for day in renewals if day <= one.effective_on]
        if one.entry_id not in used and before:
            booked.add(before[-1])
    return booked


def proposed_plans(entries: pd.DataFrame, plans: pd.DataFrame) -> list[tuple[str, Plan, int]]:
    """Plans that no one has delivered, but three or more fundings of one size at one interval suggest.

    Args:
        entries: of `draw_down`.
        plans: workspace_id of the plans there are.

    Returns:
        The workspace, the plan, and how many of its newest fundings follow it.
    """
    planned = set(plans["workspace_id"].astype("str"))
    proposals = []
    for workspace_id, fundings in sorted(_fundings(entries).items()):
        if workspace_id in planned:
            continue
        for credits in sorted({one.credits_micro for one in fundings}):
            days = sorted({one.effective_on for one in fundings if one.credits_micro == credits})
            for interval in ("day", "week", "month", "year"):
                found = [
                    number
                    for number in range(3, len(days) + 1)
                    if _follows(Plan("", credits, interval, days[-number], None, 0), days[-number:])
                ]
                if found:
                    plan = Plan("", credits, interval, days[-max(found)], None, 0)
                    proposals.append((workspace_id, plan, max(found)))
                    break
    return proposals


def _follows(plan: Plan, days: Sequence[date]) -> bool:
    return all(
        abs((day - plan.renewal(number)).days) <= plan.tolerance_days for number, day in enumerate(days)
    )


def _midnight(day: date, zone: str) -> datetime:
    """The instant, in UTC and without zone, at which the local day begins."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
