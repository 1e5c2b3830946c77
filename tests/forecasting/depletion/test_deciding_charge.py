"""A charge decides the state if without it the status differs or the headline moves by over 7 days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from forecasting.depletion.deciding_charge import find_deciding_charges
from forecasting.depletion.forecast import CreditHistory, Method, forecast_depletion
from forecasting.ledger import draw_down

AS_OF = date(2026, 4, 7)
FIRST = AS_OF - timedelta(days=59)
MICRO = 1_000_000


def entry(workspace: str, credits: int) -> dict[str, Any]:
    start = pd.Timestamp(FIRST)
    return {
        **{"workspace_id": workspace, "entry_id": f"{workspace}-1", "lot_id": f"{workspace}-1"},
        **{"entry_type": "purchase", "credits_micro": credits * MICRO, "priority": 10},
        **{"occurred_at": start, "occurred_on": start, "effective_at": start, "effective_on": start},
        **{"expires_at": pd.NaT, "expires_on": pd.NaT, "related_on": pd.NaT},
    }


def charge(workspace: str, event: str, credits: int, *, days_ago: int = 40) -> dict[str, Any]:
    day = pd.Timestamp(AS_OF - timedelta(days=days_ago))
    return {
        **{"workspace_id": workspace, "usage_date": day, "source": "native", "event_id": event},
        **{"credits_micro": credits * MICRO, "excess_micro": (credits - 10) * MICRO},
    }


def find(
    funded: dict[str, int | None], charges: list[dict[str, Any]], *, known_days: int = 60
) -> pd.DataFrame:
    """Workspaces with so many credits that use 10 a day, and these charges besides."""
    days = pd.date_range(AS_OF - timedelta(days=known_days - 1), AS_OF)
    daily = pd.DataFrame(
        [
            {"workspace_id": name, "usage_date": day, "credits_micro": 10 * MICRO}
            for name in funded
            for day in days
        ]
    )
    extra = pd.DataFrame(charges)
    usage = (
        pd.concat([daily, extra[daily.columns]]).groupby(["workspace_id", "usage_date"], as_index=False).sum()
    )
    entries = pd.DataFrame([entry(name, credits) for name, credits in funded.items() if credits is not None])
    ledger = draw_down(entries, usage, as_of=AS_OF)
    history = CreditHistory(
        ledger.balance_daily,
        ledger.lots,
        usage,
        pd.DataFrame({"workspace_id": list(funded), "lead_time_days": 3}),
        charges=extra,
    )
    method = Method.default()
    dates = forecast_depletion(history, as_of=AS_OF, method=method).dates
    return find_deciding_charges(history, entries, dates, as_of=AS_OF, method=method)


def test_a_charge_of_long_ago_that_emptied_the_ledger_decides_it() -> None:
    (row,) = find({"w1": 1000}, [charge("w1", "big", 50_000)]).to_dict("records")
    assert (row["workspace_id"], row["source"], row["event_id"]) == ("w1", "native", "big")
    assert row["usage_date"] == pd.Timestamp(AS_OF - timedelta(days=40))
    assert row["credits_micro"] == 50_000 * MICRO
    assert (row["status_without"], row["credits_remaining_without_micro"]) == ("ok", 400 * MICRO)
    assert row["empty_on_without"] == pd.Timestamp(AS_OF + timedelta(days=40))


@pytest.mark.parametrize(
    ("funded", "charges", "deciding"),
    [
        # 400 would be left and the date 40 days ahead; it is 8 days sooner, or 7
        ({"w1": 1080}, [charge("w1", "a", 80)], ["a"]),
        ({"w1": 1070}, [charge("w1", "a", 70)], []),
        # either alone leaves the ledger empty
        ({"w1": 1000}, [charge("w1", "a", 50_000), charge("w1", "b", 60_000)], []),
        # the larger one changes nothing, the smaller one does
        ({"w1": 700, "w2": 1100}, [charge("w1", "a", 9_000), charge("w2", "b", 5_000)], ["a", "b"]),
        # without a ledger nothing runs out
        ({"w1": None, "w2": 1000}, [charge("w1", "a", 50_000)], []),
    ],
)
def test_only_a_charge_that_alone_changes_the_state_decides_it(
    funded: dict[str, int | None], charges: list[dict[str, Any]], deciding: list[str]
) -> None:
    assert sorted(find(funded, charges)["event_id"]) == deciding


def test_a_charge_of_this_week_decides_the_pace() -> None:
    (row,) = find({"w1": 5000}, [charge("w1", "a", 3000, days_ago=2)]).to_dict("records")
    assert row["event_id"] == "a" and row["status_without"] in ("ok", "beyond_horizon")
