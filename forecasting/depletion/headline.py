"""The rule of the headline: which of a forecast's dates says when the credits run out.

Not here: the sentence itself (orchestration/publish/report/headline.py), or the dates (forecast.py).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, Protocol

Basis = Literal["no_ledger", "already_empty", "no_burn", "renewal", "pace", "median", "none"]
# the days behind the pace and the burn, and the fewest with which there is a range
PACE_DAYS = 7
BURN_DAYS = 30
MIN_HISTORY_DAYS = 14
# with this chance of running out before it, a renewal no longer leads
CHANCE_LIMIT = Decimal("0.5")


class ForecastDates(Protocol):
    """What the rule reads of a row of `schema.FORECAST_ROW`; unknown dates are None."""

    @property
    def forecast_status(self) -> str: ...
    @property
    def pace_date(self) -> date | None: ...
    @property
    def depletes_on_p10(self) -> date | None: ...
    @property
    def depletes_on_p50(self) -> date | None: ...
    @property
    def depletes_on_p90(self) -> date | None: ...
    @property
    def empty_since(self) -> date | None: ...
    @property
    def next_grant_on(self) -> date | None: ...
    @property
    def chance_empty_before_grant(self) -> Decimal | None: ...


def headline_basis(forecast: ForecastDates) -> Basis:
    """What the headline rests on.

    A status without a date to come; else `renewal`, if the credits probably last to the next one; else
    `pace`, where there is no range or the pace date lies within it; else `median`; `none` without any date.
    """
    match forecast.forecast_status:
        case "no_ledger" | "already_empty" | "no_burn" as status:
            return status
    chance = forecast.chance_empty_before_grant
    if forecast.next_grant_on is not None and chance is not None and chance < CHANCE_LIMIT:
        return "renewal"
    if forecast.pace_date is not None and _is_within_range(forecast.pace_date, forecast):
        return "pace"
    return "none" if forecast.depletes_on_p50 is None else "median"


def headline_date(forecast: ForecastDates) -> date | None:
    """The day on which the credits run out, or ran out, by the headline; None if it names none."""
    match headline_basis(forecast):
        case "already_empty":
            return forecast.empty_since
        case "pace":
            return forecast.pace_date
        case "renewal" | "median":
            return forecast.depletes_on_p50
    return None


def may_be_empty_on(forecast: ForecastDates) -> date | None:
    """The first day on which the credits may be gone: P10, or without a range the headline's day."""
    if forecast.forecast_status == "already_empty" or forecast.depletes_on_p10 is None:
        return headline_date(forecast)
    return forecast.depletes_on_p10


def _is_within_range(day: date, forecast: ForecastDates) -> bool:
    first, last = forecast.depletes_on_p10, forecast.depletes_on_p90
    return (first is None or first <= day) and (last is None or day <= last)
