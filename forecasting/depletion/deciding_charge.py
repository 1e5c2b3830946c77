"""The implausible charge that decides the state of a workspace: without it, its status or date would differ.

Not here: which charges are implausible (dbt facts), or the sentence about one (the report).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from forecasting.depletion.forecast import CreditHistory, Method, forecast_depletion
from forecasting.depletion.headline import headline_date
from forecasting.ledger import draw_down

# of each workspace, the largest first; each costs the ledger and the forecast of those it is tried for
CHARGES_TRIED = 5
# a headline that moves by less is not decided
MOVED_DAYS = 7
Row = Mapping[Hashable, Any]
_KEY = ["workspace_id", "source", "event_id"]


@dataclass(frozen=True)
class _Dates:
    """One row of a forecast, as the rule of the headline reads it."""

    forecast_status: str
    pace_date: date | None
    depletes_on_p10: date | None
    depletes_on_p50: date | None
    depletes_on_p90: date | None
    empty_since: date | None
    next_grant_on: date | None
    chance_empty_before_grant: Decimal | None

    @classmethod
    def from_row(cls, row: Row) -> _Dates:
        days = {
            field.name: None if pd.isna(row[field.name]) else row[field.name].date()
            for field in fields(cls)
            if field.name not in ("forecast_status", "chance_empty_before_grant")
        }
        chance = row["chance_empty_before_grant"]
        return cls(
            forecast_status=str(row["forecast_status"]),
            chance_empty_before_grant=None if pd.isna(chance) else Decimal(str(chance)),
            **days,
        )

    def differs_from(self, other: _Dates) -> bool:
        """Whether the status differs, or the day of the headline by more than `MOVED_DAYS`."""
        if self.forecast_status != other.forecast_status:
            return True
        ours, theirs = headline_date(self), headline_date(other)
        if ours is None or theirs is None:
            return ours is not theirs
        return abs((ours - theirs).days) > MOVED_DAYS


def find_deciding_charges(
    history: CreditHistory, entries: pd.DataFrame, dates: pd.DataFrame, *, as_of: date, method: Method
) -> pd.DataFrame:
    """Finds, for each workspace with a ledger, the largest implausible charge that alone decides its state.

    Each of the `CHARGES_TRIED` largest is taken out of usage, ledger and forecast, one at a time.

    Args:
        history: up to as_of, with the implausible charges of all of it.
        entries: of the ledger, as `draw_down` takes them.
        dates: the forecast as it is: `DepletionForecast.dates`.
        as_of: the last local day known.
        method: of the forecast.

    Returns:
        At most one row per workspace: `schema.DECIDING_CHARGE_ROW`. Credits are whole micro-credits, in
        `<column>_micro`; dates are midnights.
    """
    known = {str(row["workspace_id"]): _Dates.from_row(row) for row in dates.to_dict("records")}
    funded = [name for name, row in known.items() if row.forecast_status != "no_ledger"]
    charges = history.charges[history.charges["workspace_id"].astype("str").isin(funded)]
    charges = charges.sort_values(["credits_micro", *_KEY], ascending=[False, True, True, True])
    rank = charges.groupby("workspace_id", observed=True).cumcount()
    found: list[dict[Hashable, Any]] = []
    for tried in range(CHARGES_TRIED):
        decided = {row["workspace_id"] for row in found}
        chosen = charges[(rank == tried) & ~charges["workspace_id"].astype("str").isin(decided)]
        if chosen.empty:
            break
        without = _without(history, entries, chosen, as_of=as_of, method=method)
        forecast = forecast_depletion(without, as_of=as_of, method=method).dates
        after = {str(row["workspace_id"]): row for row in forecast.to_dict("records")}
        for charge in chosen.to_dict("records"):
            name = str(charge["workspace_id"])
            changed = _Dates.from_row(after[name])
            if known[name].differs_from(changed):
                found.append(_row(name, charge, after[name], empty_on=headline_date(changed), as_of=as_of))
    return _frame(found)


def _without(
    history: CreditHistory, entries: pd.DataFrame, chosen: pd.DataFrame, *, as_of: date, method: Method
) -> CreditHistory:
    """The history of the workspaces of these charges, one of each, as if they had not been."""
    names = set(chosen["workspace_id"].astype("str"))

    ours = history.for_workspaces(names)
    removed = chosen[["workspace_id", "usage_date", "credits_micro"]]
    usage = ours.usage.merge(
        removed, on=["workspace_id", "usage_date"], how="left", suffixes=("", "_removed")
    )
    usage["credits_micro"] -= usage.pop("credits_micro_removed").fillna(0).astype("int64")
    usage = usage[usage["credits_micro"] > 0]
    ledger = draw_down(
        entries[entries["workspace_id"].astype("str").isin(names)], usage, as_of=as_of, policy=method.policy
    )
    booked = pd.MultiIndex.from_frame(ledger.lots[["workspace_id", "lot_id"]].astype("str"))
    expected = pd.MultiIndex.from_frame(ours.lots[["workspace_id", "lot_id"]].astype("str"))
    lots = pd.concat([ledger.lots[ours.lots.columns], ours.lots[~expected.isin(booked)]], ignore_index=True)
    is_kept = ~pd.MultiIndex.from_frame(ours.charges[_KEY]).isin(pd.MultiIndex.from_frame(chosen[_KEY]))
    return replace(
        ours,
        balances=ledger.balance_daily,
        lots=lots,
        usage=usage,
        charges=ours.charges[is_kept],
        packs=ours.packs.iloc[:0],
    )


def _row(name: str, charge: Row, forecast: Row, *, empty_on: date | None, as_of: date) -> dict[Hashable, Any]:
    return {
        "workspace_id": name,
        "as_of": as_of,
        "source": charge["source"],
        "event_id": charge["event_id"],
        "usage_date": charge["usage_date"],
        "credits_micro": charge["credits_micro"],
        "status_without": forecast["forecast_status"],
        "credits_remaining_without_micro": forecast["credits_remaining_micro"],
        "empty_on_without": empty_on,
    }


def _frame(rows: list[dict[Hashable, Any]]) -> pd.DataFrame:
    types = {
        **dict.fromkeys(("workspace_id", "source", "event_id", "status_without"), "str"),
        **dict.fromkeys(("as_of", "usage_date", "empty_on_without"), "datetime64[us]"),
        **dict.fromkeys(("credits_micro", "credits_remaining_without_micro"), "int64"),
    }
    return pd.DataFrame(rows, columns=list(types)).astype(types)
