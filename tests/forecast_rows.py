"""What a forecast is made from, in few words: usage and credit entries by hand, or many workspaces by a seed.

No rule of the forecast is told here, and no figure asserted.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from ledger_rows import ENTRY_COLUMNS

from forecasting.history import History
from forecasting.ledger import USUAL_POLICY, DrawPolicy, draw_down

AS_OF = date(2026, 4, 7)
MICRO = 10**6


def ago(days: int) -> pd.Timestamp:
    """That many days before AS_OF; after it, if negative."""
    return pd.Timestamp(AS_OF - timedelta(days=days))


def usage(by_days_ago: dict[int, int], workspace: str = "w") -> pd.DataFrame:
    rows = [(workspace, ago(days), credits) for days, credits in by_days_ago.items()]
    frame = pd.DataFrame(rows, columns=["workspace_id", "usage_date", "credits_micro"])
    return frame.astype({"usage_date": "datetime64[us]"})


def bought(
    credits: int,
    *,
    booked: int = 0,
    starts: int | None = None,
    ends: int | None = None,
    priority: int = 10,
    workspace: str = "w",
    entry_id: str = "lot",
) -> dict[str, Any]:
    """A purchase of micro-credits, its days told by how long ago they are; `ends` is the first not usable."""
    starts_on, ends_on = ago(booked if starts is None else starts), pd.NaT if ends is None else ago(ends)
    return {
        "workspace_id": workspace,
        "entry_id": entry_id,
        "entry_type": "purchase",
        "credits_micro": credits,
        "lot_id": entry_id,
        "priority": priority,
        "occurred_at": ago(booked),
        "occurred_on": ago(booked),
        "effective_at": starts_on,
        "effective_on": starts_on,
        "expires_at": ends_on,
        "expires_on": ends_on,
    }


def pack(pack_id: str, credits: int, price: str, validity: int | None = None) -> dict[str, Any]:
    """A pack of whole credits, on offer to workspace `w`."""
    return {
        "workspace_id": "w",
        "pack_id": pack_id,
        "credits_micro": credits * MICRO,
        "price": Decimal(price),
        "currency": "EUR",
        "validity_days": validity,
    }


def history_of(
    entries: list[dict[str, Any]],
    used: pd.DataFrame,
    *,
    lead_days: int = 3,
    policy: DrawPolicy = USUAL_POLICY,
    **parts: pd.DataFrame,
) -> History:
    """The history of all workspaces with entries or usage, its balances and lots as the ledger books them."""
    frame = pd.DataFrame(entries, columns=ENTRY_COLUMNS)
    ledger = draw_down(frame, used, as_of=AS_OF, policy=policy)
    names = sorted({*frame["workspace_id"], *used["workspace_id"]})
    workspaces = pd.DataFrame({"workspace_id": names, "lead_time_days": lead_days})
    return History(ledger.balance_daily, ledger.lots, used, workspaces, **parts)


def many_workspaces(count: int, *, seed: int, policy: DrawPolicy = USUAL_POLICY) -> History:
    """Workspaces of every kind: young and old, steady and spiky, with lots that expire and lots to come."""
    rng = np.random.default_rng(seed)
    entries, used = [], []
    for number in range(count):
        name, days, mean = f"w{number:03}", int(rng.integers(1, 150)), float(rng.lognormal(3, 1))
        spread = float(rng.uniform(0.1, 1.2))
        sizes = {
            day: int(mean * rng.lognormal(0, spread) * MICRO) for day in range(days) if rng.random() < 0.8
        }
        used.append(usage(sizes, name))
        for place in range(int(rng.integers(0, 4))):
            booked = int(rng.integers(0, days))
            starts = booked - int(rng.choice([0, 0, 40, days]))
            ends = starts - int(rng.integers(5, 200)) if rng.random() < 0.5 else None
            credits = int(mean * rng.lognormal(4.0, 1.0) * MICRO)
            entries.append(
                bought(credits, booked=booked, starts=starts, ends=ends, workspace=name, entry_id=f"e{place}")
            )
    return history_of(entries, pd.concat(used, ignore_index=True), policy=policy)
