"""Credit entries and usage written by hand, and the columns of a ledger that tests read.

No rule of the ledger is here, and nothing is asserted.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd

from forecasting.ledger import DEFAULT_POLICY, DrawPolicy, Ledger, draw_down

DAY_0 = date(2026, 3, 1)


def instant(day: int | None, hour: int = 0) -> Any:
    """That hour of a day counted from DAY_0; no instant without a day."""
    return pd.NaT if day is None else pd.Timestamp(DAY_0) + pd.Timedelta(days=day, hours=hour)


def entry(
    entry_id: str,
    credits: int,
    day: int,
    *,
    kind: str = "purchase",
    lot: str | None = None,
    starts: int | None = None,
    ends: int | None = None,
    priority: int = 10,
    hour: int = 0,
    workspace: str = "w",
    of_usage_on: int | None = None,
) -> dict[str, Any]:
    """One entry; days count from DAY_0, `starts` defaults to the day it occurred, `ends` is not usable.

    With `of_usage_on`, the day of the generation it names, it names no lot unless one is given.
    """
    starts = day if starts is None else starts
    return {
        "workspace_id": workspace,
        "entry_id": entry_id,
        "entry_type": kind,
        "credits_micro": credits,
        "lot_id": lot or (None if of_usage_on is not None else entry_id),
        "priority": priority,
        "occurred_at": instant(day, hour),
        "occurred_on": instant(day),
        "effective_at": instant(starts, hour),
        "effective_on": instant(starts),
        "expires_at": instant(ends),
        "expires_on": instant(ends),
        "related_on": instant(of_usage_on),
    }


ENTRY_COLUMNS = list(entry("", 0, 0))


def book(
    entries: list[dict[str, Any]], usage: dict[int, int], *, as_of: int, policy: DrawPolicy = DEFAULT_POLICY
) -> Ledger:
    """The ledger of workspace `w`; usage is by day."""
    rows = [("w", instant(day), credits) for day, credits in usage.items()]
    used = pd.DataFrame(rows, columns=["workspace_id", "usage_date", "credits_micro"])
    frame = pd.DataFrame(entries, columns=ENTRY_COLUMNS)
    return draw_down(frame, used, as_of=DAY_0 + timedelta(days=as_of), policy=policy)


def lot(ledger: Ledger, lot_id: str) -> dict[str, Any]:
    """One lot's row, without the `_micro`, its days as day numbers."""
    row = ledger.lots.set_index("lot_id").loc[lot_id]
    return {str(name).removesuffix("_micro"): value for name, value in row.items()}


def daily(ledger: Ledger, column: str) -> list[int]:
    """One column of the daily balances."""
    return ledger.balance_daily[f"{column}_micro"].tolist()


def warned(ledger: Ledger) -> list[tuple[str, str, int]]:
    """Its warnings: entry, warning, credits without effect."""
    return list(ledger.warnings[["entry_id", "warning", "credits_micro"]].itertuples(index=False, name=None))
