"""The output of `credits forecast` and `credits backtest`: text, tables and rows.

Not here: the arithmetic (forecasting/), or reading the warehouse (warehouse/forecast_inputs.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa
from rich.console import Console

from forecasting.depletion.backtest import BUCKETS
from forecasting.depletion.schema import FORECAST_ROW
from orchestration.publish.report import formatting
from orchestration.publish.report.headline import headline, pace_text, range_text, renewal_text, too_early
from orchestration.publish.report.model import Forecast
from orchestration.publish.report.sentences import buying_text, capped_text, change_text
from orchestration.publish.rows.terminal import show_cells
from orchestration.visible_text import counted

MICRO = 1_000_000
_OMITTED = {
    "burn_rate_30d_credits",
    "burn_rate_30d_days",
    "lead_time_days",
    "expiring_credits",
    "capped_credits",
    "calibration_version",
}
FORECAST_SCHEMA = pa.schema(
    {
        **{"workspace_id": FORECAST_ROW["workspace_id"], "forecast": pa.string()},
        **{name: kind for name, kind in FORECAST_ROW.items() if name not in _OMITTED},
    }.items()
)
_DAYS = ("median_abs_error_days", "mean_abs_error_days")
BACKTEST_SCHEMA = pa.schema(
    {
        "horizon_bucket": pa.string(),
        **dict.fromkeys(("first_as_of", "last_as_of"), pa.date32()),
        **dict.fromkeys(("cases", "covered_80", "covered_95"), pa.int64()),
        **{f"{of}{name}": pa.float64() for of in ("", "pace_") for name in _DAYS},
    }.items()
)


def forecast_record(workspace_id: str, forecast: Forecast, *, case: str, as_of: date) -> dict[str, Any]:
    """A forecast as a row of `FORECAST_SCHEMA`; `case` names its changes."""
    used = (forecast.burn_rate_7d or Decimal(0)) * (forecast.burn_rate_7d_days or 0)
    row = {
        "workspace_id": workspace_id,
        "forecast": case,
        "as_of": as_of,
        "burn_rate_7d_credits": used.quantize(Decimal(1) / MICRO),
    }
    return row | {name: getattr(forecast, name) for name in FORECAST_SCHEMA.names if name not in row}


def describe_forecast(
    workspace_id: str,
    before: Forecast,
    after: Forecast | None,
    changes: Sequence[str],
    *,
    as_of: date,
    last_usage_date: date | None,
) -> Iterator[str]:
    """The forecast of a workspace; with changes, before and after them."""
    case_lines = partial(_case_lines, as_of=as_of, last_usage_date=last_usage_date)
    yield f"{formatting.plain(workspace_id)}, as of {formatting.day_month_year(as_of)}"
    yield from case_lines("As it is", before)
    if after is None:
        return
    yield ""
    title = "If " + " and ".join(formatting.plain(change) for change in changes)
    yield from case_lines(title, after)
    if before.depletes_on_p50 and after.depletes_on_p50:
        moved = (after.depletes_on_p50 - before.depletes_on_p50).days
        way = "later" if moved > 0 else "earlier"
        shift = f"{counted(abs(moved), 'day')} {way}" if moved else "the same day"
        yield f"  in the median: {shift}"


def _case_lines(
    title: str, forecast: Forecast, *, as_of: date, last_usage_date: date | None
) -> Iterator[str]:
    yield f"{title}:"
    yield f"  status        {forecast.forecast_status}"
    write_date = formatting.day_month_year
    when = headline(
        forecast, write_date=write_date, last_usage_date=last_usage_date, at_pace=" at the current pace"
    )
    yield f"  {when[0].upper()}{when[1:]}"
    if forecast.depletes_on_p50:
        yield f"  median        {write_date(forecast.depletes_on_p50)}"
    for sentence in (
        range_text(forecast, write_date=write_date),
        pace_text(forecast, write_date=write_date),
        too_early(forecast),
        renewal_text(forecast, write_date=write_date),
        buying_text(forecast, write_date=write_date, as_of=as_of),
        change_text(forecast),
        capped_text(forecast),
    ):
        if sentence:
            yield f"  {sentence}"


def last_day_of(days: pd.Series) -> date | None:
    """The newest of some days; None without any."""
    return None if days.empty else pd.Timestamp(days.max()).date()


def forecast_row(dates: pd.DataFrame) -> Forecast:
    """The single row of a forecast's dates, in the type of the reports."""
    row = dates.iloc[0]

    def credits(name: str) -> Decimal | None:
        value = row[f"{name}_micro"]
        return None if pd.isna(value) else Decimal(int(value)) / MICRO

    def day(name: str) -> date | None:
        value = row[name]
        return None if pd.isna(value) else value.date()

    def text(name: str) -> str | None:
        return None if pd.isna(row[name]) else str(row[name])

    chance = row["chance_empty_before_grant"]
    return Forecast(
        forecast_status=str(row["forecast_status"]),
        credits_remaining=credits("credits_remaining"),
        burn_rate_7d=(credits("burn_rate_7d_credits") or Decimal(0)) / int(row["burn_rate_7d_days"]),
        burn_rate_7d_days=int(row["burn_rate_7d_days"]),
        burn_rate_30d=(credits("burn_rate_30d_credits") or Decimal(0)) / int(row["burn_rate_30d_days"]),
        burn_rate_30d_days=int(row["burn_rate_30d_days"]),
        pace_date=day("pace_date"),
        depletes_on_p025=day("depletes_on_p025"),
        depletes_on_p5=day("depletes_on_p5"),
        depletes_on_p10=day("depletes_on_p10"),
        depletes_on_p50=day("depletes_on_p50"),
        depletes_on_p90=day("depletes_on_p90"),
        depletes_on_p975=day("depletes_on_p975"),
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
        demand_change=text("demand_change"),
    )


def describe_backtest(scores: pd.DataFrame, *, title: str) -> Iterator[str]:
    """A table of scores by horizon: coverage and error of the forecast, and error of the current pace."""
    if scores.empty:
        yield f"{title}: no case. A forecast is scored after 14 to 90 days, and needs 14 days of history."
        return
    yield _backtest_title(scores, title)
    yield "                  true date within        days off       days off, pace"
    yield "median     cases  80 % range 95 % range   median   mean   median   mean"
    for name, cases, *measures in _backtest_cells(scores):
        cover_80, cover_95, median, mean, pace_median, pace_mean = measures
        yield (
            f"{name:<8} {cases:>7}  {cover_80:>10} {cover_95:>10}   {median:>6} {mean:>6}   "
            f"{pace_median:>6} {pace_mean:>6}"
        )


def show_backtest(scores: pd.DataFrame, console: Console, *, title: str) -> None:
    """The same table for a terminal; requires at least one score."""
    names = ("median", "cases", "true in 80 %", "in 95 %", "days off", "mean", "pace: days off", "mean")
    show_cells(
        console,
        names,
        list(_backtest_cells(scores)),
        numbers=[False, *[True] * (len(names) - 1)],
        title=_backtest_title(scores, title),
    )


def backtest_records(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """The same scores as rows of `BACKTEST_SCHEMA`, not rounded."""
    return [
        {
            "horizon_bucket": name,
            "first_as_of": rows["as_of"].min().date(),
            "last_as_of": rows["as_of"].max().date(),
            "cases": len(rows),
            "covered_80": int(rows["is_covered_80"].sum()),
            "covered_95": int(rows["is_covered_95"].sum()),
            "median_abs_error_days": float(rows["error_days"].median()),
            "mean_abs_error_days": float(rows["error_days"].mean()),
            "pace_median_abs_error_days": float(rows["pace_error_days"].median()),
            "pace_mean_abs_error_days": float(rows["pace_error_days"].mean()),
        }
        for name, rows in _by_horizon(scores)
    ]


def _backtest_title(scores: pd.DataFrame, title: str) -> str:
    first, last = (formatting.day_month_year(scores["as_of"].agg(end).date()) for end in ("min", "max"))
    return f"{title}: {counted(len(scores), 'case')} of {first} to {last}"


def _by_horizon(scores: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for _, name, _ in BUCKETS:
        rows = scores[scores["horizon_bucket"] == name]
        if len(rows):
            yield name, rows
    if len(scores):
        yield "all", scores


def _backtest_cells(scores: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    for name, rows in _by_horizon(scores):
        errors = [rows[error] for error in ("error_days", "pace_error_days")]
        yield (
            name,
            str(len(rows)),
            *(f"{rows[f'is_covered_{level}'].mean():.0%}" for level in (80, 95)),
            *(text for error in errors for text in (f"{error.median():.0f}", f"{error.mean():.1f}")),
        )
