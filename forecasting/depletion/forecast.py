"""When each workspace's credits run out: status, pace date, range of the date, what to buy, daily paths.

Not here: the balance itself (ledger.py, standing.py), how demand is foreseen (demand.py, calibration.py) and
meets the lots (runway.py), or how good it has been (accuracy.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecasting.depletion.balance_state import BURN_DAYS, MIN_HISTORY_DAYS, PACE_DAYS, Standing
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
from forecasting.depletion.inputs import History
from forecasting.depletion.runway import BEYOND, HORIZON_DAYS, Change, Lots, chunks, run_down
from forecasting.ledger import NEVER, USUAL_POLICY, DrawPolicy, Ints, midnights
from forecasting.purchasing.pack_mix import Mix
from forecasting.purchasing.recommend import (
    USUAL_TERMS,
    Buying,
    BuyingTerms,
    packs_as_json,
    packs_of,
    what_to_buy,
)

__all__ = [
    "BURN_DAYS",
    "MIN_HISTORY_DAYS",
    "PACE_DAYS",
    "DepletionForecast",
    "History",
    "Method",
    "forecast_depletion",
]

PATH_DAYS = 180
AS_IT_IS = Change()
_PATH_LEVELS = [LEVELS.index(level) for level in (0.1, 0.25, 0.5, 0.75, 0.9)]


@dataclass(frozen=True)
class Method:
    """How it is made.

    Attributes:
        calibration: how far the range reaches.
        policy: how the ledger draws lots.
        terms: how careful buying is.
    """

    calibration: Calibration
    policy: DrawPolicy = USUAL_POLICY
    terms: BuyingTerms = USUAL_TERMS

    @classmethod
    def usual(cls) -> Method:
        """The usual policy and terms, and the calibration that comes with the project."""
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
    history: History, *, as_of: date, method: Method, change: Change = AS_IT_IS
) -> DepletionForecast:
    """Says of every workspace whether and when its credits run out, and what to buy.

    The pace date is `as_of + ceil(remaining x days / credits of those days)` over the last 7 days, in whole
    numbers. The range is that of the first day whose end finds nothing left, on demand paths that meet the
    ledger's lots. Nothing is drawn at random: the same input gives the same output.

    Args:
        history: up to `as_of`.
        as_of: the last local day known.
        method: how.
        change: what is different about demand, for asking what if; the pace is that of usage all the same.

    Returns:
        A row for each workspace, in their order, with the columns of `schema.FORECAST_ROW`, and paths with
        those of `schema.PATHS_ROW`. Credits are whole micro-credits, in `<column>_micro`; dates are
        midnights, datetime64[us]; packs_price is text.
    """
    standing = Standing.of(history, today=int(np.datetime64(as_of, "D").astype(np.int64)))
    demand, capped = demand_of(history, standing.names, standing.today)
    foreseen = _foresee(history, standing, demand.scaled(change.factor), method, change)
    is_ok = standing.is_("ok") & (foreseen.empty_on[:, LEVELS.index(0.5)] <= HORIZON_DAYS)
    lasts = standing.is_("ok") & ~is_ok
    today = np.full(len(standing.names), standing.today)
    dates = pd.DataFrame(
        {
            "workspace_id": standing.names,
            "as_of": midnights(today),
            "forecast_status": standing.status.mask(lasts, "beyond_horizon"),
            **_of_standing(standing),
            **_of_dates(standing, foreseen, is_ok),
            "lead_time_days": history.workspaces["lead_time_days"].to_numpy().astype(np.int64),
            "buy_by": _midnights_where(is_ok, standing.today + foreseen.buy_by),
            **_of_buying(foreseen.buying, is_ok | foreseen.is_refilled),
            "history_days": standing.history_days,
            "capped_credits_micro": capped,
            "calibration_version": method.calibration.version,
        }
    )
    return DepletionForecast(dates, _paths_frame(standing, foreseen))


def _of_standing(standing: Standing) -> dict[str, object]:
    days_left = standing.days_left()
    is_paced = standing.is_("ok", "insufficient_history") & (days_left <= HORIZON_DAYS)
    return {
        "credits_remaining_micro": _nullable(standing.remaining, standing.remaining >= 0),
        "burn_rate_7d_credits_micro": standing.pace_credits,
        "burn_rate_7d_days": standing.pace_days,
        "burn_rate_30d_credits_micro": standing.burn_credits,
        "burn_rate_30d_days": standing.burn_days,
        "pace_date": _midnights_where(is_paced, standing.today + np.where(is_paced, days_left, 0)),
    }


def _of_dates(standing: Standing, foreseen: _Foreseen, is_ok: Bools) -> dict[str, object]:

    def day_at(level: float) -> np.ndarray:
        days = foreseen.empty_on[:, LEVELS.index(level)]
        return _midnights_where(is_ok & (days <= HORIZON_DAYS), standing.today + days)

    has_chance = is_ok & (standing.next_grant_on <= standing.today + HORIZON_DAYS)
    chance = _chance_before(foreseen.empty_on, standing.next_grant_on - standing.today)
    return {
        "depletes_on_p025": day_at(0.025),
        "depletes_on_p5": day_at(0.05),
        "depletes_on_p10": day_at(0.1),
        "depletes_on_p50": day_at(0.5),
        "depletes_on_p90": day_at(0.9),
        "depletes_on_p975": day_at(0.975),
        "empty_since": _midnights_where(standing.is_("already_empty"), standing.empty_since),
        "next_grant_on": midnights(standing.next_grant_on),
        "chance_empty_before_grant": np.where(has_chance, chance, np.nan),
    }


def _of_buying(buying: Buying, is_told: Bools) -> dict[str, object]:
    mixes = [mix if told else None for mix, told in zip(buying.mixes, is_told, strict=True)]
    currencies = [mix.counts[0][0].currency if mix and mix.counts else None for mix in mixes]
    expiring = [None if mix is None else mix.expiring_micro for mix in mixes]
    return {
        "credits_to_buy_micro": _nullable(buying.credits_micro, is_told),
        "recommended_packs": pd.Series([packs_as_json(mix) for mix in mixes], dtype="str"),
        "packs_price": pd.Series([None if mix is None else f"{mix.price:f}" for mix in mixes], dtype="str"),
        "packs_currency": pd.Series(currencies, dtype="str"),
        "expiring_credits_micro": pd.array(expiring, dtype="Int64"),
    }


def demand_of(history: History, names: pd.Index, today: int) -> tuple[Demand, Ints]:
    """The demand of each workspace up to `today`, and what of its usage in that time was not taken for it."""
    kept = {"as_of": today, "days": HISTORY_DAYS}
    daily = daily_credits(history.usage, names, column="credits_micro", **kept)
    excess = daily_credits(history.charges, names, column="excess_micro", **kept)
    is_blocked = blocked_days(history.balances, names, **kept)
    capped = excess.sum(axis=1).round().astype(np.int64)
    return measure_demand(np.maximum(daily - excess, 0), ~is_blocked), capped


@dataclass(frozen=True)
class _Foreseen:
    """What the paths say of each workspace; only where they were followed."""

    empty_on: Ints  # (workspaces, levels)
    buy_by: Ints  # days after as_of
    buying: Buying
    is_refilled: Bools  # empty, and it is known what would fill it
    paths: list[_Balances]


@dataclass(frozen=True)
class _Balances:
    """The daily balances of some workspaces, each until its highest path is empty."""

    case: Ints  # place of the workspace
    day: Ints
    micro: Ints  # (rows, levels)

    @classmethod
    def of(cls, cases: Ints, balances: Floats) -> _Balances:
        """Those of (cases, paths, days)."""
        balances = np.maximum.accumulate(balances, axis=1)
        is_gone = balances[:, -1] <= 0
        days = np.where(is_gone.any(axis=1), is_gone.argmax(axis=1) + 1, balances.shape[2])
        row, place = np.nonzero(np.arange(balances.shape[2]) < days[:, None])
        return cls(cases[row], place + 1, np.floor(balances[row, :, place]).astype(np.int64))


def _foresee(
    history: History, standing: Standing, demand: Demand, method: Method, change: Change
) -> _Foreseen:
    names, repays = standing.names, method.policy.repays_overage
    lots = Lots.of(history.lots, names, as_of=standing.today, policy=method.policy)
    lead_days = history.workspaces["lead_time_days"].to_numpy().astype(np.int64)
    offers = packs_of(history.packs, names)
    is_long = standing.history_days >= MIN_HISTORY_DAYS
    is_refilled = standing.is_("already_empty") & is_long & (demand.slow > 0)
    followed = np.flatnonzero(standing.is_("ok") | is_refilled)
    empty_on = np.full((len(names), len(LEVELS)), BEYOND)
    buy_by, credits = np.zeros((2, len(names)), dtype=np.int64)
    mixes: list[Mix | None] = [None] * len(names)
    paths_shown = []
    for chunk in chunks(lots[followed]):
        cases = followed[chunk]
        ours, owed = lots[cases], standing.owed[cases].astype(float)
        paths = change.made_to(DemandPaths.of(demand[cases], method.calibration))
        runway = run_down(paths, ours, repays=repays, owed=owed)
        empty_on[cases] = runway.empty_on
        buy_by[cases] = runway.empty_on[:, method.terms.risk_level] - lead_days[cases]
        buying = what_to_buy(
            paths,
            ours,
            arrives_on=np.maximum(buy_by[cases], 1) + lead_days[cases],
            packs=[offers.get(case, []) for case in cases.tolist()],
            terms=method.terms,
            repays=repays,
            owed=owed,
        )
        credits[cases] = buying.credits_micro
        for case, mix in zip(cases.tolist(), buying.mixes, strict=True):
            mixes[case] = mix
        paths_shown.append(
            _Balances.of(cases, runway.at(_PATH_LEVELS).balances(paths.at(_PATH_LEVELS), PATH_DAYS))
        )
    return _Foreseen(empty_on, buy_by, Buying(credits, mixes), is_refilled, paths_shown)


def _chance_before(empty_on: Ints, day: Ints) -> Floats:
    """The chance of being empty by the end of the day before `day`, between the levels around it."""
    levels = np.array([0.0, *LEVELS, 1.0])
    days = np.column_stack([np.zeros(len(day)), empty_on, np.full(len(day), 2 * BEYOND)])
    at = np.clip((days < day[:, None]).sum(axis=1), 1, len(levels) - 1)
    rows, low = np.arange(len(day)), at - 1
    width = np.maximum(days[rows, at] - days[rows, low], 1)
    share = np.clip((day - 1 - days[rows, low]) / width, 0, 1)
    chance: Floats = np.where(days[rows, 1] >= day, 0.0, levels[low] + share * (levels[at] - levels[low]))
    return chance.round(4)


def _paths_frame(standing: Standing, foreseen: _Foreseen) -> pd.DataFrame:
    is_drawn = standing.is_("ok")  # beyond the horizon included

    def all_of(first: Ints, parts: Iterable[Ints]) -> Ints:
        return np.concatenate([first, *parts])

    # the first day of each is as it is
    drawn = np.flatnonzero(is_drawn)
    now = np.repeat(standing.remaining[drawn, None], len(_PATH_LEVELS), axis=1)
    case = all_of(drawn, (part.case for part in foreseen.paths))
    day = all_of(np.zeros(len(drawn), dtype=np.int64), (part.day for part in foreseen.paths))
    micro = all_of(now, (part.micro for part in foreseen.paths))
    order = np.lexsort((day, case))
    order = order[is_drawn[case[order]]]
    p10, p25, p50, p75, p90 = micro[order].T
    return pd.DataFrame(
        {
            "workspace_id": standing.names[case[order]],
            "forecast_date": midnights(standing.today + day[order]),
            "balance_p10_micro": p10,
            "balance_p25_micro": p25,
            "balance_p50_micro": p50,
            "balance_p75_micro": p75,
            "balance_p90_micro": p90,
        }
    )


def _midnights_where(is_told: Bools, day: Ints) -> np.ndarray:
    return midnights(np.where(is_told, day, NEVER))


def _nullable(values: Ints, is_known: Bools) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(values, ~is_known)
