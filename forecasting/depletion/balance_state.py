"""The state of each workspace at the end of as_of: balance, burn, pace, next grant, and its status.

Not here: anything that predicts demand (forecast.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.depletion.demand import Bools
from forecasting.depletion.headline import BURN_DAYS, MIN_HISTORY_DAYS, PACE_DAYS
from forecasting.depletion.inputs import CreditHistory
from forecasting.ledger import NEVER, Ints, day_numbers, positions


@dataclass(frozen=True)
class BalanceState:
    """Arrays of one value for each workspace; days are day numbers.

    Attributes:
        names: the workspaces.
        today: as_of.
        status: `no_ledger`, `already_empty`, `no_burn`, `insufficient_history`, else `ok`.
        remaining: micro-credits at the end of today; -1 without a ledger.
        empty_since: the day after the last one with credits, or the first day of the ledger.
        owed: usage up to today that no lot paid.
        history_days: days since first usage, both ends counted; 0 if none.
        pace_credits, burn_credits: micro-credits used in the last 7 and 30 days.
        pace_days, burn_days: the days of these, fewer where the history is shorter.
        next_grant_on: the first day on which a scheduled or expected lot brings credits, or `NEVER`.
    """

    names: pd.Index
    today: int
    status: pd.Series
    remaining: Ints
    empty_since: Ints
    owed: Ints
    history_days: Ints
    pace_credits: Ints
    pace_days: Ints
    burn_credits: Ints
    burn_days: Ints
    next_grant_on: Ints

    @classmethod
    def from_history(cls, history: CreditHistory, *, today: int) -> BalanceState:
        """The state of every workspace, in their order."""
        names = pd.Index(history.workspaces["workspace_id"].astype("str"))
        history_days, pace_credits, burn_credits = _burn(history.usage, names, today)
        # a workspace without any usage burns 0 over the whole window
        known_days = np.where(history_days > 0, history_days, BURN_DAYS)
        remaining, empty_since, owed = _balance(history.balances, names, today)
        status = np.select(
            [remaining < 0, remaining == 0, burn_credits == 0, history_days < MIN_HISTORY_DAYS],
            ["no_ledger", "already_empty", "no_burn", "insufficient_history"],
            default="ok",
        )
        return cls(
            names=names,
            today=today,
            status=pd.Series(status, dtype="str"),
            remaining=remaining,
            empty_since=empty_since,
            owed=owed,
            history_days=history_days,
            pace_credits=pace_credits,
            pace_days=np.minimum(known_days, PACE_DAYS),
            burn_credits=burn_credits,
            burn_days=np.minimum(known_days, BURN_DAYS),
            next_grant_on=_next_grant(history.lots, names, today),
        )

    def has_status(self, *statuses: str) -> Bools:
        """Which workspaces have one of these statuses."""
        return self.status.isin(statuses).to_numpy()


def _burn(usage: pd.DataFrame, names: pd.Index, today: int) -> tuple[Ints, Ints, Ints]:
    """Days since first usage, and micro-credits of the 7 and of the 30 days, of each workspace."""
    workspace = positions(usage["workspace_id"], names)
    day = day_numbers(usage["usage_date"])
    is_ours = (workspace >= 0) & (day <= today)
    first = np.full(len(names), NEVER)
    np.minimum.at(first, workspace[is_ours], day[is_ours])
    credits = usage["credits_micro"].to_numpy().astype(np.int64)
    sums = np.zeros((2, len(names)), dtype=np.int64)
    for total, days in zip(sums, (PACE_DAYS, BURN_DAYS), strict=True):
        is_recent = is_ours & (day > today - days)
        np.add.at(total, workspace[is_recent], credits[is_recent])
    return np.where(first == NEVER, 0, today + 1 - first), sums[0], sums[1]


def _balance(balances: pd.DataFrame, names: pd.Index, today: int) -> tuple[Ints, Ints, Ints]:
    """Credits left at the end of today (-1 without a ledger), since when none are, and what is owed."""
    workspace = positions(balances["workspace_id"], names)
    is_ours = workspace >= 0
    workspace, day = workspace[is_ours], day_numbers(balances["usage_date"])[is_ours]
    closing, overage = (
        balances[name].to_numpy().astype(np.int64)[is_ours] for name in ("closing_micro", "overage_micro")
    )
    remaining, owed = np.full(len(names), -1), np.zeros(len(names), dtype=np.int64)
    remaining[workspace[day == today]] = closing[day == today]
    np.add.at(owed, workspace, overage)
    first_day, day_after = np.full(len(names), NEVER), np.full(len(names), -NEVER)
    np.minimum.at(first_day, workspace, day)
    np.maximum.at(day_after, workspace[closing > 0], day[closing > 0] + 1)
    return remaining, np.maximum(first_day, day_after), owed


def _next_grant(lots: pd.DataFrame, names: pd.Index, today: int) -> Ints:
    coming = lots[lots["lot_status"].isin(["scheduled", "expected"]) & (lots["remaining_micro"] > 0)]
    workspace = positions(coming["workspace_id"], names)
    first = np.full(len(names), NEVER)
    # a renewal that is late is met tomorrow
    day = np.maximum(day_numbers(coming["effective_on"]), today + 1)
    np.minimum.at(first, workspace[workspace >= 0], day[workspace >= 0])
    return first
