"""Burn rates, the pace date and the forecast status of one workspace.

The forecast's quantiles are not recomputed: an oracle for a fitted model would be the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from oracle.known import MICRO
from oracle.ledger import Ledger, Lot

HORIZON_DAYS = 365
ENOUGH_HISTORY_DAYS = 14
WITH_PACE_DATE = frozenset({"ok", "insufficient_history"})


@dataclass(frozen=True)
class Burn:
    """Micro-credits used in a window and the days they are spread over."""

    credits: int
    days: int

    @property
    def rate(self) -> Fraction | None:
        """Credits a day; null before the first usage."""
        return Fraction(self.credits, self.days * MICRO) if self.days else None


def history_days(usage: Mapping[date, int], as_of: date) -> int:
    """Days since first usage, both ends included; 0 if there never was any."""
    return (as_of - min(usage)).days + 1 if usage else 0


def burn(usage: Mapping[date, int], *, as_of: date, window_days: int) -> Burn:
    """Credits in the window / days in the window (or days since first usage, if fewer)."""
    start = as_of - timedelta(days=window_days - 1)
    used = sum(credits for day, credits in usage.items() if start <= day <= as_of)
    history = history_days(usage, as_of) if usage else window_days
    return Burn(used, max(min(window_days, history), 0))


def pace_date(lots: Sequence[Lot], last_week: Burn, as_of: date) -> date | None:
    """The first day by whose end constant use of the last week finds nothing left, lot by lot, day by day.

    Null without use or over 365 days ahead.
    """
    left = {lot.lot_id: Fraction(lot.remaining) for lot in lots}
    for day in range(1, HORIZON_DAYS + 1 if last_week.credits else 0):
        today = as_of.toordinal() + day
        asked = Fraction(last_week.credits, last_week.days)
        alive = sorted((lot for lot in lots if lot.is_alive(today)), key=Lot.draw_order)
        for lot in alive:
            paid = min(left[lot.lot_id], asked)
            left[lot.lot_id], asked = left[lot.lot_id] - paid, asked - paid
        if not sum(left[lot.lot_id] for lot in alive):
            return date.fromordinal(today)
    return None


def forecast_status(ledger: Ledger | None, usage: Mapping[date, int], as_of: date) -> str:
    """Return the first status that applies; `ok` includes `beyond_horizon`, which needs a median."""
    last_month = burn(usage, as_of=as_of, window_days=30)
    if ledger is None:
        return "no_ledger"
    if ledger.remaining <= 0:
        return "already_empty"
    if last_month.credits == 0:
        return "no_burn"
    if history_days(usage, as_of) < ENOUGH_HISTORY_DAYS:
        return "insufficient_history"
    return "ok"


def empty_since(ledger: Ledger) -> date | None:
    """Return the first of the days up to as_of that all closed at zero; null if as_of did not."""
    since = None
    for day in reversed(ledger.days):
        if day.closing > 0:
            break
        since = day.usage_date
    return since


def next_grant_on(ledger: Ledger | None, expected: Sequence[Lot], as_of: date) -> date | None:
    """Return the day on which the first scheduled or expected lot brings credits, tomorrow if one is late."""
    scheduled = [
        lot
        for lot in (ledger.lots if ledger else ())
        if ledger and ledger.status(lot) == "scheduled" and lot.remaining > 0
    ]
    days = [max(lot.effective_day, as_of.toordinal() + 1) for lot in (*scheduled, *expected)]
    return date.fromordinal(min(days)) if days else None
