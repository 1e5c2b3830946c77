"""What `credits forecast` and `credits backtest` say, in words and tables.

Not here: the arithmetic (forecasting/), or reading the warehouse (warehouse/forecast_inputs.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import pandas as pd

from forecasting.accuracy import BUCKETS
from orchestration.publish import formatting
from orchestration.publish.report import Forecast
from orchestration.publish.words import (
    buying_words,
    capped_words,
    forecast_headline,
    grant_words,
    range_words,
)

MICRO = 1_000_000


def describe_forecast(
    workspace_id: str, before: Forecast, after: Forecast | None, changes: Sequence[str], *, as_of: date
) -> Iterator[str]:
    """The forecast of a workspace; with changes, before and after them."""
    yield f"{formatting.plain(workspace_id)}, as of {formatting.day_month_year(as_of)}"
    yield from _told("As it is", before, as_of=as_of)
    if after is None:
        return
    yield ""
    yield from _told("If " + " and ".join(formatting.plain(change) for change in changes), after, as_of=as_of)
    if before.depletes_on_p50 and after.depletes_on_p50:
        moved = (after.depletes_on_p50 - before.depletes_on_p50).days
        words = "the same day" if moved == 0 else f"{abs(moved)} days {'later' if moved > 0 else 'earlier'}"
        yield f"  in the median: {words}"


def _told(title: str, forecast: Forecast, *, as_of: date) -> Iterator[str]:
    yield f"{title}:"
    yield f"  status        {forecast.forecast_status}"
    if forecast.pace_date:
        pace = forecast_headline(forecast, write_date=formatting.day_month_year)
        yield f"  current pace  {pace}, if use goes on as in the last 7 days"
    if forecast.depletes_on_p50:
        yield f"  median        {formatting.day_month_year(forecast.depletes_on_p50)}"
    write_date = formatting.day_month_year
    for words in (
        range_words(forecast, write_date=write_date),
        grant_words(forecast, write_date=write_date),
        buying_words(forecast, write_date=write_date, as_of=as_of),
        capped_words(forecast),
    ):
        if words:
            yield f"  {words}"


def forecast_row(dates: pd.DataFrame) -> Forecast:
    """The one row of a forecast's dates, as a report holds it."""
    row = dates.iloc[0]

    def credits(name: str) -> Decimal | None:
        value = row[f"{name}_micro"]
        return None if pd.isna(value) else Decimal(int(value)) / MICRO

    def day(name: str) -> date | None:
        value = row[name]
        return None if pd.isna(value) else value.date()

    def text(name: str) -> str | None:
        return None if pd.isna(row[name]) else str(row[name])

    days = [name for name in dates.columns if name.startswith("depletes_on_")]
    chance = row["chance_empty_before_grant"]
    return Forecast(
        forecast_status=str(row["forecast_status"]),
        credits_remaining=credits("credits_remaining"),
        burn_rate_7d=(credits("burn_rate_7d_credits") or Decimal(0)) / int(row["burn_rate_7d_days"]),
        burn_rate_7d_days=int(row["burn_rate_7d_days"]),
        burn_rate_30d=(credits("burn_rate_30d_credits") or Decimal(0)) / int(row["burn_rate_30d_days"]),
        burn_rate_30d_days=int(row["burn_rate_30d_days"]),
        pace_date=day("pace_date"),
        **{name: day(name) for name in days},
        empty_since=day("empty_since"),
        next_grant_on=day("next_grant_on"),
        chance_empty_before_grant=None if pd.isna(chance) else Decimal(str(chance)),
        buy_by=day("buy_by"),
        credits_to_buy=credits("credits_to_buy"),
        recommended_packs=text("recommended_packs"),
        packs_price=None if pd.isna(row["packs_price"]) else Decimal(row["packs_price"]),
        packs_currency=text("packs_currency"),
        expiring_credits=credits("expiring_credits"),
        lead_time_days=int(row["lead_time_days"]),
        capped_credits=credits("capped_credits") or Decimal(0),
        history_days=int(row["history_days"]),
    )


def describe_backtest(scores: pd.DataFrame, *, what: str) -> Iterator[str]:
    """A table of scores by horizon: cover and error of the forecast, beside the pace."""
    if scores.empty:
        yield f"{what}: no case. A forecast is judged after 14 to 90 days, and needs 14 days of history."
        return
    first, last = (formatting.day_month_year(scores["as_of"].agg(end).date()) for end in ("min", "max"))
    yield f"{what}: {formatting.count(len(scores))} cases of {first} to {last}"
    yield "                  true date within        days off       days off, pace"
    yield "median     cases  80 % range 95 % range   median   mean   median   mean"
    groups = [(name, scores[scores["horizon_bucket"] == name]) for _, name, _ in BUCKETS]
    for name, rows in [*groups, ("all", scores)]:
        if len(rows):
            error, pace = rows["error_days"], rows["pace_error_days"]
            yield (
                f"{name:<8} {len(rows):>7}  {rows['is_covered_80'].mean():>10.0%} "
                f"{rows['is_covered_95'].mean():>10.0%}   {error.median():>6.0f} {error.mean():>6.1f}   "
                f"{pace.median():>6.0f} {pace.mean():>6.1f}"
            )
