"""Burn rates, the pace date and the forecast status of one workspace.

The forecast's quantiles are not recomputed: an oracle for a fitted model would be the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from oracle.known import MICRO
from oracle.ledger import Ledger

HORIZON_DAYS = 365
ENOUGH_HISTORY_DAYS = 14
WITH_PACE_DATE = frozenset({"ok", "insufficient_history"})


@dataclass(frozen=True)
class Burn:
    """Micro-credits used in a window and the days they are spread over."""

    credits: int
    days: int

    @property
    def rate(self) -> Fraction:
        """Credits a day."""
        return Fraction(self.credits, self.days * MICRO)


def history_days(usage: Mapping[date, int], as_of: date) -> int:
    """Days since first usage, both ends included; 0 if there never was any."""
    return (as_of - min(usage)).days + 1 if usage else 0


def burn(usage: Mapping[date, int], *, as_of: date, window_days: int) -> Burn:
    """Credits in the window / days in the window (or days since first usage, if fewer)."""
    start = as_of - timedelta(days=window_days - 1)
    used = sum(credits for day, credits in usage.items() if start <= day <= as_of)
    return Burn(used, min(window_days, history_days(usage, as_of) or window_days))


def pace_date(remaining: int, last_week: Burn, as_of: date) -> date | None:
    """as_of + ceil(remaining x days / credits of those days); null without use or over 365 days ahead."""
    if last_week.credits == 0:
        return None
    days = ceil(Fraction(remaining * last_week.days, last_week.credits))
    return as_of + timedelta(days=days) if days <= HORIZON_DAYS else None


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


def next_grant_on(ledger: Ledger) -> date | None:
    """Return the day on which the first scheduled lot that still brings credits takes effect."""
    scheduled = [
        lot.effective_day for lot in ledger.lots if ledger.status(lot) == "scheduled" and lot.remaining > 0
    ]
    return date.fromordinal(min(scheduled)) if scheduled else None
