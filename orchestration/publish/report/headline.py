"""When the credits run out, in the one sentence that every surface starts with, and what stands beneath it.

Page, title, text, index, JSON, alerts, dashboard and `credits forecast` all say it in these words. Not here:
the rule that chooses the date (forecasting/depletion/headline.py), or other sentences (sentences.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from forecasting.depletion.headline import BURN_DAYS, MIN_HISTORY_DAYS, PACE_DAYS, headline_basis
from orchestration.publish.report.formatting import credits, plain, whole_percent
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Forecast

WriteDate = Callable[[date], str]


def headline(
    forecast: Forecast | None,
    *,
    write_date: WriteDate,
    last_usage_date: date | None = None,
    at_pace: str = "",
) -> str:
    """When the credits run out, e.g. "Empty by 12 May 2026".

    Args:
        last_usage_date: the newest day with usage, if known.
        at_pace: follows a date that rests on the current pace.
    """
    if forecast is None:
        return _("not made for this day")
    basis = headline_basis(forecast)
    match basis:
        case "no_ledger":
            return _("no credit ledger")
        case "already_empty" if forecast.empty_since:
            return _("Empty since {day}", day=write_date(forecast.empty_since))
        case "already_empty":
            return _("Empty")
        case "no_burn":
            since = no_use_since(last_usage_date, write_date=write_date)
            return since or _("No use in {days} days", days=BURN_DAYS)
        case "renewal" if forecast.next_grant_on and forecast.chance_empty_before_grant is not None:
            lasts = _(
                "Lasts to the renewal of {day} ({chance} chance of running out before)",
                day=write_date(forecast.next_grant_on),
                chance=whole_percent(forecast.chance_empty_before_grant, at_most=49),
            )
            return _followed_by_the_end(lasts, forecast, write_date)
        case "pace" if forecast.pace_date:
            return _("Empty by {day}", day=write_date(forecast.pace_date)) + at_pace
        case "median" if forecast.depletes_on_p50:
            return _("Empty around {day}", day=write_date(forecast.depletes_on_p50))
    if forecast.burn_rate_7d:
        return _("lasts more than a year")
    return _("no use in {days} days", days=PACE_DAYS)


def no_use_since(last_usage_date: date | None, *, write_date: WriteDate) -> str | None:
    """Since when nothing was used, for a window without use; None if nothing ever was."""
    if last_usage_date is None:
        return None
    return _("No use since {day}", day=write_date(last_usage_date))


def _followed_by_the_end(lasts: str, forecast: Forecast, write_date: WriteDate) -> str:
    first, median, last = forecast.depletes_on_p10, forecast.depletes_on_p50, forecast.depletes_on_p90
    if first is None or median is None:
        return lasts
    dates = {"lasts": lasts, "median": write_date(median), "first": write_date(first)}
    if last is None:
        return _("{lasts}; then empty around {median} ({first} or later)", **dates)
    return _("{lasts}; then empty around {median} ({first} to {last})", last=write_date(last), **dates)


def range_text(forecast: Forecast | None, *, write_date: WriteDate) -> str | None:
    """The range of the date: "8 in 10 chance: between 8 May and 19 May"; None without a range."""
    if forecast is None:
        return None
    if forecast.forecast_status == "beyond_horizon" and forecast.pace_date:
        return _("more likely than not, the credits last more than a year")
    if forecast.depletes_on_p10 is None:
        return None
    first = write_date(forecast.depletes_on_p10)
    if forecast.depletes_on_p90 is None:
        return _("9 in 10 chance: {day} or later, perhaps not within a year", day=first)
    if forecast.depletes_on_p10 == forecast.depletes_on_p90:
        return _("8 in 10 chance: on {day}", day=first)
    return _(
        "8 in 10 chance: between {first} and {last}", first=first, last=write_date(forecast.depletes_on_p90)
    )


def pace_text(forecast: Forecast | None, *, write_date: WriteDate) -> str | None:
    """When the credits run out at the current pace, where the headline names another day; else None."""
    if forecast is None or headline_basis(forecast) not in ("renewal", "median"):
        return None
    if forecast.pace_date:
        return _("at the current pace: empty by {day}", day=write_date(forecast.pace_date))
    if forecast.burn_rate_7d:
        return _("at the current pace: not within a year")
    return _("no use in {days} days", days=PACE_DAYS)


def renewal_text(forecast: Forecast | None, *, write_date: WriteDate) -> str | None:
    """The next renewal, where the headline does not name it; None without one."""
    if forecast is None or forecast.next_grant_on is None or headline_basis(forecast) == "renewal":
        return None
    day = write_date(forecast.next_grant_on)
    if forecast.chance_empty_before_grant is None:
        return _("next renewal {day}", day=day)
    return _(
        "next renewal {day}: {chance} chance of running out before it",
        day=day,
        chance=whole_percent(forecast.chance_empty_before_grant),
    )


def too_early(forecast: Forecast | None) -> str | None:
    """Why there is no range yet, if the history is too short for one."""
    if forecast is None or forecast.forecast_status != "insufficient_history":
        return None
    return _(
        "too early for a range: {days} of {least} days", days=forecast.history_days, least=MIN_HISTORY_DAYS
    )


def deciding_charge_text(forecast: Forecast | None, *, write_date: WriteDate) -> str | None:
    """The one charge that decides the state, the state without it, how to take it back; None without one."""
    if forecast is None or forecast.deciding_charge_event_id is None:
        return None
    day, charged = forecast.deciding_charge_date, forecast.deciding_charge_credits
    left, ends_on = forecast.credits_remaining_without_charge, forecast.empty_on_without_charge
    if day is None or charged is None or left is None:
        return None
    event_id = plain(forecast.deciding_charge_event_id)
    without = _("{credits} credits would be left", credits=credits(left))
    if forecast.status_without_charge == "beyond_horizon" and ends_on is None:
        without = _("{without}, for more than a year", without=without)
    elif ends_on and forecast.status_without_charge != "already_empty":
        without = _("{without}, until about {day}", without=without, day=write_date(ends_on))
    return _(
        "One charge decides this: event {event_id} of source {source} took {credits} credits on {day}. "
        "Without it {without}. If it is an error, deliver event_id {event_id} and source {source} in "
        "event_retractions",
        event_id=event_id,
        source=plain(forecast.deciding_charge_source or ""),
        credits=credits(charged),
        day=write_date(day),
        without=without,
    )
