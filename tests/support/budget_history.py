"""Budgets and the days of their scopes, as the forecast takes them: about 40 used a day, in June 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from forecasting.budgets.forecast import BudgetHistory

AS_OF = date(2026, 6, 15)
ONE = 1_000_000
_SHAPE = (0, 6, -6, 3, -3)  # of five days; sums to 0


def period(**changes: Any) -> dict[str, Any]:
    """A period of one budget of the workspace w, with changes."""
    row = {
        **{"workspace_id": "w", "budget_id": "b", "period_start": date(2026, 6, 1)},
        **{"counted_from": date(2026, 6, 1), "counted_to": date(2026, 6, 30), "is_open": True},
        **{"budget": 1000, **changes},
    }
    return row | {"budget_micro": float(row.pop("budget") * ONE)}


def history(
    *,
    days: int = 200,
    last: date = AS_OF,
    periods: Sequence[Mapping[str, Any]] | None = None,
    used: Mapping[date, float] | None = None,
    excess: Mapping[date, float] | None = None,
    empty: Mapping[date, object] | None = None,
) -> BudgetHistory:
    """The history of one scope.

    Args:
        days: with use, up to `last`.
        last: the last day with use.
        periods: of `period`; by default that one.
        used: of some days, in place of about 40.
        excess: of implausible charges, used on top.
        empty: days that ended without any credits left.
    """
    calendar = [last - timedelta(days=back) for back in range(days)]
    by_day = {day: 40 + _SHAPE[day.toordinal() % 5] for day in calendar} | dict(used or {})
    more = excess or {}
    usage = pd.DataFrame(
        {
            "workspace_id": "w",
            "budget_id": "b",
            "usage_date": pd.Series([*by_day], dtype="datetime64[us]"),
            "used_micro": [(value + more.get(day, 0)) * ONE for day, value in by_day.items()],
            "excess_micro": [more.get(day, 0) * ONE for day in by_day],
        }
    )
    rows = pd.DataFrame([*(periods or [period()])])
    dates = ("period_start", "counted_from", "counted_to")
    rows = rows.astype(dict.fromkeys(dates, "datetime64[us]"))
    emptied = [*(empty or {})]
    balances = pd.DataFrame(
        {
            "workspace_id": pd.Series(["w"] * len(emptied), dtype="str"),
            "usage_date": pd.Series(emptied, dtype="datetime64[us]"),
            **{name: [0] * len(emptied) for name in _BALANCES},
        }
    )
    return BudgetHistory(rows, usage, balances.astype(dict.fromkeys(_BALANCES, "int64")))


_BALANCES = ("closing_micro", "overage_micro", "before_ledger_micro")
