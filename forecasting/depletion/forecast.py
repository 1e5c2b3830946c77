"""When each workspace's credits run out: status, pace date, range of the date, what to buy, daily paths.

Not here: the balance itself (ledger.py, balance_state.py), how demand is predicted (demand.py,
calibration.py) and meets the lots (runway.py), or how accurate it has been (backtest.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecasting.depletion.balance_state import BalanceState
from forecasting.depletion.calibration import LEVELS, Calibration, DemandPaths, shipped_calibration
from forecasting.depletion.demand import (
    HISTORY_DAYS,
    Bools,
    Demand,
    Floats,
    blocked_days,
    daily_credits,
    measure_demand,
)
from forecasting.depletion.headline import BURN_DAYS, MIN_HISTORY_DAYS, PACE_DAYS
from forecasting.depletion.inputs import CreditHistory
from forecasting.depletion.pace import pace_of
from forecasting.depletion.paths import Change
from forecasting.depletion.runway import BEYOND, HORIZON_DAYS, Lots, chunks, lots_in_order, run_down
from forecasting.ledger import DEFAULT_POLICY, NEVER, DrawPolicy, Ints, midnights
from forecasting.purchasing.pack_mix import Mix
from forecasting.purchasing.recommend import (
    DEFAULT_TERMS,
    BuyingTerms,
    Purchases,
    packs_as_json,
    packs_by_workspace,
    recommend_purchases,
)

__all__ = [
    "BURN_DAYS",
    "MIN_HISTORY_DAYS",
    "PACE_DAYS",
    "CreditHistory",
    "DepletionForecast",
    "Method",
    "forecast_depletion",
]

PATH_DAYS = 180
NO_CHANGE = Change()
_PATH_LEVELS = [LEVELS.index(level) for level in (0.1, 0.25, 0.5, 0.75, 0.9)]


@dataclass(frozen=True)
class Method:
    """How a forecast is made.

    Attributes:
        calibration: how wide the range is.
        policy: how the ledger draws lots.
        terms: of recommended purchases.
    """

    calibration: Calibration
    policy: DrawPolicy = DEFAULT_POLICY
    terms: BuyingTerms = DEFAULT_TERMS

    @classmethod
    def default(cls) -> Method:
        """The default policy and terms, and the calibration that comes with the project."""
        return cls(shipped_calibration())


@dataclass(frozen=True)
class DepletionForecast:
    """What `forecast_depletion` returns.

    Attributes:
        dates: one row per workspace: `schema.FORECAST_ROW`.
        paths: one row per workspace and day from as_of, whose balance is the current one, until P90 is 0, or
            `PATH_DAYS`: `schema.PATHS_ROW`. Only statuses `ok` and `beyond_horizon`.
    """

    dates: pd.DataFrame
    paths: pd.DataFrame


def forecast_depletion(
    history: CreditHistory, *, as_of: date, method: Method, change: Change = NO_CHANGE
) -> DepletionForecast:
    """Predicts for every workspace whether and when its credits run out, and what to buy.

    The pace date is the first by whose end constant use, as of the last 7 days, meets nothing left in the
    ledger's lots, in whole numbers. The range is that of the first day that ends with no credits left, on
    demand paths that meet the same lots. Nothing is random: the same input gives the same output.

    Args:
        history: up to `as_of`.
        as_of: the last local day known.
        method: calibration, policy and terms.
        change: a what-if change of demand; the pace is still that of usage.

    Returns:
        A row for each workspace, in their order, with the columns of `schema.FORECAST_ROW`, and paths with
        those of `schema.PATHS_ROW`. Credits are whole micro-credits, in `<column>_micro`; dates are
        midnights, datetime64[us]; packs_price is text.
    """
    state = BalanceState.from_history(history, today=int(np.datetime64(as_of, "D").astype(np.int64)))
    demand, capped = demand_of(history, state.names, state.today)
    projection = _project(history, state, demand.scaled(change.factor), method, change)
    is_ok = state.has_status("ok") & (projection.empty_on[:, LEVELS.index(0.5)] <= HORIZON_DAYS)
    lasts = state.has_status("ok") & ~is_ok
    is_safe = projection.empty_on[:, method.terms.risk_level] > HORIZON_DAYS
    today = np.full(len(state.names), state.today)
    dates = pd.DataFrame(
        {
            "workspace_id": state.names,
            "as_of": midnights(today),
            "forecast_status": state.status.mask(lasts, "beyond_horizon"),
            **_balance_columns(state, history, method),
            **_date_columns(state, projection, is_ok),
            "lead_time_days": history.workspaces["lead_time_days"].to_numpy().astype(np.int64),
            "buy_by": _midnights_where(is_ok, state.today + projection.buy_by),
            **_purchase_columns(
                projection.purchases, is_ok | projection.is_refilled, nothing=lasts & is_safe
            ),
            "demand_change": _demand_change(demand),
            "history_days": state.history_days,
            "capped_credits_micro": capped,
            "calibration_version": method.calibration.version,
        }
    )
    return DepletionForecast(dates, _paths_frame(state, projection))


def _balance_columns(state: BalanceState, history: CreditHistory, method: Method) -> dict[str, object]:
    table = lots_in_order(history.lots, state.names, as_of=state.today, policy=method.policy)
    used, days = state.pace_credits.tolist(), state.pace_days.tolist()
    days_left = np.array(pace_of(table, credits=used, days=days), dtype=np.int64)
    is_paced = state.has_status("ok", "insufficient_history") & (days_left <= HORIZON_DAYS)
    return {
        "credits_remaining_micro": _nullable(state.remaining, state.remaining >= 0),
        "burn_rate_7d_credits_micro": state.pace_credits,
        "burn_rate_7d_days": state.pace_days,
        "burn_rate_30d_credits_micro": state.burn_credits,
        "burn_rate_30d_days": state.burn_days,
        "pace_date": _midnights_where(is_paced, state.today + np.where(is_paced, days_left, 0)),
    }


def _date_columns(state: BalanceState, projection: _Projection, is_ok: Bools) -> dict[str, object]:

    def day_at(level: float) -> np.ndarray:
        days = projection.empty_on[:, LEVELS.index(level)]
        return _midnights_where(is_ok & (days <= HORIZON_DAYS), state.today + days)

    has_chance = state.has_status("ok") & (state.next_grant_on <= state.today + HORIZON_DAYS)
    chance = _chance_before(projection.empty_on, state.next_grant_on - state.today)
    return {
        "depletes_on_p025": day_at(0.025),
        "depletes_on_p5": day_at(0.05),
        "depletes_on_p10": day_at(0.1),
        "depletes_on_p50": day_at(0.5),
        "depletes_on_p90": day_at(0.9),
        "depletes_on_p975": day_at(0.975),
        "empty_since": _midnights_where(state.has_status("already_empty"), state.empty_since),
        "next_grant_on": midnights(state.next_grant_on),
        "chance_empty_before_grant": np.where(has_chance, chance, np.nan),
    }


def _purchase_columns(purchases: Purchases, is_known: Bools, *, nothing: Bools) -> dict[str, object]:
    """What to buy; `nothing` where it is known that nothing is needed for a year."""
    mixes = [mix if known else None for mix, known in zip(purchases.mixes, is_known, strict=True)]
    currencies = [mix.counts[0][0].currency if mix and mix.counts else None for mix in mixes]
    expiring = [None if mix is None else mix.expiring_micro for mix in mixes]
    return {
        "credits_to_buy_micro": _nullable(np.where(nothing, 0, purchases.credits_micro), is_known | nothing),
        "recommended_packs": pd.Series([packs_as_json(mix) for mix in mixes], dtype="str"),
        "packs_price": pd.Series([None if mix is None else f"{mix.price:f}" for mix in mixes], dtype="str"),
        "packs_currency": pd.Series(currencies, dtype="str"),
        "expiring_credits_micro": pd.array(expiring, dtype="Int64"),
    }


def _demand_change(demand: Demand) -> pd.Series:
    changes = np.select([demand.has_fallen, demand.has_risen], ["fell", "rose"], default="")
    return pd.Series(changes, dtype="str").where(changes != "")


def demand_of(history: CreditHistory, names: pd.Index, today: int) -> tuple[Demand, Ints]:
    """The demand of each workspace up to `today`, and the part of usage that is not counted as demand."""
    kept = {"as_of": today, "days": HISTORY_DAYS}
    daily = daily_credits(history.usage, names, column="credits_micro", **kept)
    excess = daily_credits(history.charges, names, column="excess_micro", **kept)
    is_blocked = blocked_days(history.balances, names, **kept)
    capped = excess.sum(axis=1).round().astype(np.int64)
    last_day = np.full(len(names), today)
    return measure_demand(np.maximum(daily - excess, 0), ~is_blocked, last_day=last_day), capped


@dataclass(frozen=True)
class _Projection:
    """What the demand paths lead to in each workspace; only where they were run."""

    empty_on: Ints  # (workspaces, levels)
    buy_by: Ints  # days after as_of
    purchases: Purchases
    is_refilled: Bools  # empty, and demand is known well enough to say what to buy
    paths: list[_Balances]


@dataclass(frozen=True)
class _Balances:
    """The daily balances of some workspaces, each until its highest path is empty."""

    case: Ints  # index of the workspace
    day: Ints
    micro: Ints  # (rows, levels)

    @classmethod
    def from_paths(cls, cases: Ints, balances: Floats) -> _Balances:
        """From balances of shape (cases, paths, days)."""
        balances = np.maximum.accumulate(balances, axis=1)
        is_gone = balances[:, -1] <= 0
        days = np.where(is_gone.any(axis=1), is_gone.argmax(axis=1) + 1, balances.shape[2])
        row, index = np.nonzero(np.arange(balances.shape[2]) < days[:, None])
        return cls(cases[row], index + 1, np.floor(balances[row, :, index]).astype(np.int64))


def _project(
    history: CreditHistory, state: BalanceState, demand: Demand, method: Method, change: Change
) -> _Projection:
    names, repays = state.names, method.policy.repays_overage
    lots = Lots.from_frame(history.lots, names, as_of=state.today, policy=method.policy)
    lead_days = history.workspaces["lead_time_days"].to_numpy().astype(np.int64)
    offers = packs_by_workspace(history.packs, names)
    is_long = state.history_days >= MIN_HISTORY_DAYS
    is_refilled = state.has_status("already_empty") & is_long & (demand.slow > 0)
    projected = np.flatnonzero(state.has_status("ok") | is_refilled)
    empty_on = np.full((len(names), len(LEVELS)), BEYOND)
    buy_by, credits = np.zeros((2, len(names)), dtype=np.int64)
    mixes: list[Mix | None] = [None] * len(names)
    daily_balances = []
    for chunk in chunks(lots[projected]):
        cases = projected[chunk]
        ours, owed = lots[cases], state.owed[cases].astype(float)
        as_usual = DemandPaths.from_calibration(demand[cases], method.calibration)
        paths, lasting = change.applied_to(as_usual), change.applied_to(as_usual.if_lasting())
        runway = run_down(paths, ours, repays=repays, owed=owed)
        empty_on[cases] = runway.empty_on
        buy_by[cases] = runway.empty_on[:, method.terms.risk_level] - lead_days[cases]
        purchases = recommend_purchases(
            lasting,
            ours,
            arrives_on=np.maximum(buy_by[cases], 1) + lead_days[cases],
            packs=[offers.get(case, []) for case in cases.tolist()],
            terms=method.terms,
            repays=repays,
            owed=owed,
        )
        credits[cases] = purchases.credits_micro
        for case, mix in zip(cases.tolist(), purchases.mixes, strict=True):
            mixes[case] = mix
        daily_balances.append(
            _Balances.from_paths(cases, runway.at(_PATH_LEVELS).balances(paths.at(_PATH_LEVELS), PATH_DAYS))
        )
    return _Projection(empty_on, buy_by, Purchases(credits, mixes), is_refilled, daily_balances)


def _chance_before(empty_on: Ints, day: Ints) -> Floats:
    """The probability of being empty by the end of the day before `day`, interpolated between levels."""
    levels = np.array([0.0, *LEVELS, 1.0])
    days = np.column_stack([np.zeros(len(day)), empty_on, np.full(len(day), 2 * BEYOND)])
    at = np.clip((days < day[:, None]).sum(axis=1), 1, len(levels) - 1)
    rows, low = np.arange(len(day)), at - 1
    width = np.maximum(days[rows, at] - days[rows, low], 1)
    share = np.clip((day - 1 - days[rows, low]) / width, 0, 1)
    chance: Floats = np.where(days[rows, 1] >= day, 0.0, levels[low] + share * (levels[at] - levels[low]))
    return chance.round(4)


def _paths_frame(state: BalanceState, projection: _Projection) -> pd.DataFrame:
    has_paths = state.has_status("ok")  # beyond the horizon included

    def all_of(first: Ints, parts: Iterable[Ints]) -> Ints:
        return np.concatenate([first, *parts])

    # the first day is the current balance
    workspaces = np.flatnonzero(has_paths)
    now = np.repeat(state.remaining[workspaces, None], len(_PATH_LEVELS), axis=1)
    case = all_of(workspaces, (part.case for part in projection.paths))
    day = all_of(np.zeros(len(workspaces), dtype=np.int64), (part.day for part in projection.paths))
    micro = all_of(now, (part.micro for part in projection.paths))
    order = np.lexsort((day, case))
    order = order[has_paths[case[order]]]
    p10, p25, p50, p75, p90 = micro[order].T
    return pd.DataFrame(
        {
            "workspace_id": state.names[case[order]],
            "forecast_date": midnights(state.today + day[order]),
            "balance_p10_micro": p10,
            "balance_p25_micro": p25,
            "balance_p50_micro": p50,
            "balance_p75_micro": p75,
            "balance_p90_micro": p90,
        }
    )


def _midnights_where(is_known: Bools, day: Ints) -> np.ndarray:
    return midnights(np.where(is_known, day, NEVER))


def _nullable(values: Ints, is_known: Bools) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(values, ~is_known)
