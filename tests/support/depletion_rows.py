"""Ledgers, usage and workspaces written by hand, for the tests of the forecast. Nothing is asserted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from forecasting.depletion.forecast import DepletionForecast, Method, forecast_depletion
from forecasting.depletion.inputs import CreditHistory
from forecasting.ledger import draw_down

AS_OF = date(2026, 4, 7)
MICRO = 1_000_000


def ago(days: int) -> pd.Timestamp:
    """The day that many days before AS_OF; later ones are negative."""
    return pd.Timestamp(AS_OF - timedelta(days=days))


def usage(by_days_ago: Mapping[int, float], workspace: str = "w") -> pd.DataFrame:
    """Credits used, by days before AS_OF."""
    rows = [(workspace, ago(days), round(credits * MICRO)) for days, credits in by_days_ago.items()]
    return pd.DataFrame(rows, columns=["workspace_id", "usage_date", "credits_micro"])


def bought(
    credits: float, *, on: int = 60, until: int | None = None, booked: int | None = None
) -> dict[str, Any]:
    """A lot: credits from `on` days ago, first day not usable `until` days ago, booked when it begins."""
    begins = ago(on)
    known = ago(max(on, 0) if booked is None else booked)
    expires = pd.NaT if until is None else ago(until)
    return {
        **{"entry_type": "purchase", "credits_micro": round(credits * MICRO), "priority": 10},
        **{"occurred_at": known, "occurred_on": known, "effective_at": begins, "effective_on": begins},
        **{"expires_at": expires, "expires_on": expires, "related_on": pd.NaT},
    }


def history(
    used: pd.DataFrame,
    lots: Sequence[Mapping[str, Any]],
    *,
    workspace: str = "w",
    lead_days: int = 3,
    packs: Sequence[Mapping[str, Any]] = (),
    charges: Mapping[int, float] | None = None,
) -> CreditHistory:
    """What is known at AS_OF of one workspace with these lots."""
    names = [{"workspace_id": workspace, "entry_id": f"l{n}", "lot_id": f"l{n}"} for n in range(len(lots))]
    columns = ["workspace_id", "entry_id", "lot_id", *bought(1)]
    entries = pd.DataFrame([name | dict(lot) for name, lot in zip(names, lots, strict=True)], columns=columns)
    ledger = draw_down(entries, used, as_of=AS_OF)
    listed = pd.DataFrame(
        [{"workspace_id": workspace, "validity_days": None, "currency": "USD", **pack} for pack in packs],
        columns=["workspace_id", "pack_id", "credits_micro", "price", "currency", "validity_days"],
    )
    excess = pd.DataFrame(
        [(workspace, ago(days), round(credits * MICRO)) for days, credits in (charges or {}).items()],
        columns=["workspace_id", "usage_date", "excess_micro"],
    )
    known = pd.DataFrame({"workspace_id": [workspace], "lead_time_days": [lead_days]})
    return CreditHistory(ledger.balance_daily, ledger.lots, used, known, listed, excess)


def pack(pack_id: str, credits: int, price: str, validity_days: int | None = None) -> dict[str, Any]:
    """A pack on offer."""
    return {
        **{"pack_id": pack_id, "credits_micro": credits * MICRO, "price": Decimal(price)},
        "validity_days": validity_days,
    }


def steady(credits: float = 10, days: int = 60) -> dict[int, float]:
    """The same every day, up to AS_OF."""
    return dict.fromkeys(range(days), credits)


def predict(known: CreditHistory, method: Method | None = None) -> DepletionForecast:
    """The forecast at AS_OF, by the default method unless another is given."""
    return forecast_depletion(known, as_of=AS_OF, method=method or Method.default())


def row(known: CreditHistory, method: Method | None = None) -> dict[str, Any]:
    """The only row of the dates, nulls as None."""
    dates = predict(known, method).dates
    assert len(dates) == 1
    return {str(name): None if pd.isna(value) else value for name, value in dates.iloc[0].items()}
