"""When each workspace's credits run out, as far as burn rates alone can tell: status, pace date, next grant.

Not here: the balance itself (the ledger), ranges or quantiles of the date, and what to buy.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from forecasting.ledger import NEVER, Ints, day_numbers, midnights, positions

PACE_DAYS = 7
BURN_DAYS = 30
HORIZON_DAYS = 365
MIN_HISTORY_DAYS = 14
PACED_STATUSES = ("ok", "insufficient_history", "beyond_horizon")


def forecast_depletion(
    balances: pd.DataFrame, lots: pd.DataFrame, usage: pd.DataFrame, workspaces: pd.DataFrame, *, as_of: date
) -> pd.DataFrame:
    """Says of every workspace whether and, at current pace, when its credits run out.

    The pace date is `as_of + ceil(remaining x days / credits of those days)` over the last 7 days, in whole
    numbers. There is no range of dates yet: until there is, the date the 30-day burn leads to stands for the
    median, so `beyond_horizon` means that remaining x days / credits of the 30 days is more than 365.

    Args:
        balances: `Ledger.balance_daily` at `as_of`.
        lots: `Ledger.lots` at `as_of`.
        usage: workspace_id, usage_date, credits_micro of days with usage, workspaces without a ledger
            included. A workspace's first row is its first usage.
        workspaces: workspace_id, each once; one row is returned for each, in this order.
        as_of: the last local day known.

    Returns:
        workspace_id, as_of, forecast_status, credits_remaining_micro (null without a ledger),
        burn_rate_7d_credits_micro, burn_rate_7d_days, burn_rate_30d_credits_micro, burn_rate_30d_days (parts
        of the rates; 0 credits in the whole window where nothing was ever used), pace_date, empty_since,
        next_grant_on (first day a scheduled lot brings credits), history_days (days since first usage, both
        ends counted; 0 if none). Dates are datetime64[us] midnights.
    """
    today = int(np.datetime64(as_of, "D").astype(np.int64))
    names = pd.Index(workspaces["workspace_id"].astype("str"))
    history, pace_credits, burn_credits = _burn(usage, names, today)
    known_days = np.where(
        history > 0, history, BURN_DAYS
    )  # what was never used burns 0 over the whole window
    pace_days, burn_days = np.minimum(known_days, PACE_DAYS), np.minimum(known_days, BURN_DAYS)
    remaining, empty_since = _balance(balances, names, today)
    status = np.select(
        [
            remaining < 0,
            remaining == 0,
            burn_credits == 0,
            history < MIN_HISTORY_DAYS,
            _days_left(remaining, burn_days, burn_credits) > HORIZON_DAYS,
        ],
        ["no_ledger", "already_empty", "no_burn", "insufficient_history", "beyond_horizon"],
        default="ok",
    )
    days_left = _days_left(remaining, pace_days, pace_credits)
    is_paced = np.isin(status, PACED_STATUSES) & (days_left <= HORIZON_DAYS)
    return pd.DataFrame(
        {
            "workspace_id": names,
            "as_of": midnights(np.full(len(names), today)),
            "forecast_status": pd.Series(status, dtype="str"),
            "credits_remaining_micro": _nullable(remaining, remaining >= 0),
            "burn_rate_7d_credits_micro": pace_credits,
            "burn_rate_7d_days": pace_days,
            "burn_rate_30d_credits_micro": burn_credits,
            "burn_rate_30d_days": burn_days,
            "pace_date": midnights(np.where(is_paced, today + days_left, NEVER)),
            "empty_since": midnights(np.where(status == "already_empty", empty_since, NEVER)),
            "next_grant_on": midnights(_next_grant(lots, names)),
            "history_days": history,
        }
    )


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


def _balance(balances: pd.DataFrame, names: pd.Index, today: int) -> tuple[Ints, Ints]:
    """What is left at the end of today (-1 without a ledger), and the day after the last one with any."""
    workspace = positions(balances["workspace_id"], names)
    day = day_numbers(balances["usage_date"])
    closing = balances["closing_micro"].to_numpy().astype(np.int64)
    is_now = (workspace >= 0) & (day == today)
    remaining = np.full(len(names), -1)
    remaining[workspace[is_now]] = closing[is_now]

    is_ours, has_credits = workspace >= 0, (workspace >= 0) & (closing > 0)
    empty_since, day_after = np.full(len(names), NEVER), np.full(len(names), -NEVER)
    np.minimum.at(empty_since, workspace[is_ours], day[is_ours])
    np.maximum.at(day_after, workspace[has_credits], day[has_credits] + 1)
    return remaining, np.maximum(empty_since, day_after)


def _next_grant(lots: pd.DataFrame, names: pd.Index) -> Ints:
    """The first effective day of a scheduled lot with credits in it; `NEVER` if there is none."""
    coming = lots[(lots["lot_status"] == "scheduled") & (lots["remaining_micro"] > 0)]
    workspace = positions(coming["workspace_id"], names)
    first = np.full(len(names), NEVER)
    np.minimum.at(first, workspace[workspace >= 0], day_numbers(coming["effective_on"])[workspace >= 0])
    return first


def _days_left(remaining: Ints, days: Ints, credits: Ints) -> Ints:
    """ceil(remaining x days / credits), `NEVER` where nothing was used; Python's integers cannot overflow."""
    terms = zip(remaining.tolist(), days.tolist(), credits.tolist(), strict=True)
    return np.array(
        [min(-(-left * n // used), NEVER) if used else NEVER for left, n, used in terms], np.int64
    )


def _nullable(values: Ints, is_known: np.ndarray) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(values, ~is_known)
