"""When each workspace's credits run out: status, pace date, the range of the date, what to buy, daily paths.

Not here: the balance itself (ledger.py), how demand is foreseen (demand.py, calibration.py) and meets the lots
(runway.py), or how good it has been (accuracy.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date

import numpy as np
import pandas as pd

from forecasting.buying import Buying, BuyingTerms, packs_as_json, packs_of, what_to_buy
from forecasting.calibration import LEVELS, Calibration, DemandPaths, shipped_calibration
from forecasting.demand import HISTORY_DAYS, Demand, Floats, blocked_days, daily_credits, measure_demand
from forecasting.ledger import NEVER, USUAL_POLICY, DrawPolicy, Ints, day_numbers, midnights, positions
from forecasting.purchase import Mix
from forecasting.runway import BEYOND, HORIZON_DAYS, Change, Lots, chunks, run_down

PACE_DAYS = 7
BURN_DAYS = 30
MIN_HISTORY_DAYS = 14
PATH_DAYS = 180
AS_IT_IS = Change()
PACED_STATUSES = ("ok", "insufficient_history", "beyond_horizon")
DATE_LEVELS = {"p025": 0.025, "p5": 0.05, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p975": 0.975}
PATH_LEVELS = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}


def _no_packs() -> pd.DataFrame:
    return pd.DataFrame(
        columns=["workspace_id", "pack_id", "credits_micro", "price", "currency", "validity_days"]
    )


def _no_charges() -> pd.DataFrame:
    return pd.DataFrame(columns=["workspace_id", "usage_date", "excess_micro"])


@dataclass(frozen=True)
class History:
    """What a forecast is made from. Columns ending in `_micro` are whole micro-credits; days are local dates.

    Attributes:
        balances: `Ledger.balance_daily` up to as_of: workspace_id, usage_date, closing_micro, overage_micro.
        lots: `Ledger.lots` at as_of: workspace_id, lot_id, lot_status, priority, effective_on, expires_on,
            remaining_micro.
        usage: workspace_id, usage_date, credits_micro of days with usage, workspaces without a ledger included.
            A workspace's first row is its first usage.
        workspaces: workspace_id, each once, and lead_time_days.
        packs: workspace_id, pack_id, credits_micro, price (Decimal), currency, validity_days.
        charges: implausible charges, workspace_id, usage_date, excess_micro: what of each is not demand.
    """

    balances: pd.DataFrame
    lots: pd.DataFrame
    usage: pd.DataFrame
    workspaces: pd.DataFrame
    packs: pd.DataFrame = field(default_factory=_no_packs)
    charges: pd.DataFrame = field(default_factory=_no_charges)

    def of_workspace(self, workspace_id: str) -> History:
        """The same of one workspace only."""
        parts = (getattr(self, part.name) for part in fields(self))
        return History(*(part[part["workspace_id"].astype("str") == workspace_id] for part in parts))


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
    terms: BuyingTerms = BuyingTerms()

    @classmethod
    def usual(cls) -> Method:
        """The usual policy and terms, and the calibration that comes with the project."""
        return cls(shipped_calibration())


@dataclass(frozen=True)
class DepletionForecast:
    """What `forecast_depletion` returns.

    Attributes:
        dates: one row per workspace; see there.
        paths: workspace_id, forecast_date, balance_p10_micro, _p25_, _p50_, _p75_, _p90_: the balance at the
            end of each day from as_of, which is as it is, until its P90 is 0, or `PATH_DAYS`. Statuses `ok`
            and `beyond_horizon` only.
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
        `dates` has, in the order of the workspaces: workspace_id, as_of, forecast_status,
        credits_remaining_micro (null without a ledger), burn_rate_7d_credits_micro, burn_rate_7d_days,
        burn_rate_30d_credits_micro, burn_rate_30d_days (parts of the rates; 0 credits in the whole window where
        nothing was ever used), pace_date, depletes_on_p025, _p5, _p10, _p50, _p90, _p975 (null but for `ok`,
        and past the horizon), empty_since, next_grant_on (first day a scheduled lot brings credits),
        chance_empty_before_grant (0 to 1), lead_time_days, buy_by (the latest day to order; may have passed),
        credits_to_buy_micro (arriving then, or as soon as they can; 0: nothing; null where no date is told and
        nothing is empty), recommended_packs (JSON; null without packs that do), packs_price, packs_currency,
        expiring_credits_micro (of those packs, expected), history_days (days since first usage, both ends
        counted; 0 if none), capped_credits_micro (of implausible charges, not taken for demand),
        calibration_version. Dates are datetime64[us] midnights.
    """
    today = int(np.datetime64(as_of, "D").astype(np.int64))
    names = pd.Index(history.workspaces["workspace_id"].astype("str"))
    history_days, pace_credits, burn_credits = _burn(history.usage, names, today)
    # what was never used burns 0 over the whole window
    known_days = np.where(history_days > 0, history_days, BURN_DAYS)
    pace_days, burn_days = np.minimum(known_days, PACE_DAYS), np.minimum(known_days, BURN_DAYS)
    remaining, empty_since = _balance(history.balances, names, today)
    next_grant = _next_grant(history.lots, names)
    status = np.select(
        [remaining < 0, remaining == 0, burn_credits == 0, history_days < MIN_HISTORY_DAYS],
        ["no_ledger", "already_empty", "no_burn", "insufficient_history"],
        default="ok",
    ).astype(object)
    lead_days = history.workspaces["lead_time_days"].to_numpy().astype(np.int64)
    foreseen = _foresee(
        history,
        names,
        today,
        method,
        status,
        remaining,
        history_days,
        np.maximum(next_grant - today, 0),
        lead_days,
        change,
    )
    median = foreseen.empty_on[:, LEVELS.index(0.5)]
    status = np.where((status == "ok") & (median > HORIZON_DAYS), "beyond_horizon", status)
    is_ok = status == "ok"
    days_left = _days_left(remaining, pace_days, pace_credits)
    is_paced = np.isin(status.astype(str), PACED_STATUSES) & (days_left <= HORIZON_DAYS)

    def dates_where(is_told: np.ndarray, days: Ints) -> np.ndarray:
        return midnights(np.where(is_told, today + days, NEVER))

    quantiles = {
        f"depletes_on_{name}": dates_where(is_ok & (days <= HORIZON_DAYS), days)
        for name, level in DATE_LEVELS.items()
        for days in [foreseen.empty_on[:, LEVELS.index(level)]]
    }
    has_chance = is_ok & (next_grant < NEVER)
    is_bought = is_ok | foreseen.is_refilled
    mixes = [mix if told else None for mix, told in zip(foreseen.buying.mixes, is_bought, strict=True)]
    dates = pd.DataFrame(
        {
            "workspace_id": names,
            "as_of": midnights(np.full(len(names), today)),
            "forecast_status": pd.Series(status, dtype="str"),
            "credits_remaining_micro": _nullable(remaining, remaining >= 0),
            "burn_rate_7d_credits_micro": pace_credits,
            "burn_rate_7d_days": pace_days,
            "burn_rate_30d_credits_micro": burn_credits,
            "burn_rate_30d_days": burn_days,
            "pace_date": dates_where(is_paced, np.minimum(days_left, NEVER - today)),
            **quantiles,
            "empty_since": midnights(np.where(status == "already_empty", empty_since, NEVER)),
            "next_grant_on": midnights(next_grant),
            "chance_empty_before_grant": np.where(has_chance, foreseen.chance_before_grant, np.nan),
            "lead_time_days": lead_days,
            "buy_by": dates_where(is_ok, foreseen.buy_by),
            "credits_to_buy_micro": _nullable(foreseen.buying.credits_micro, is_bought),
            "recommended_packs": pd.Series([packs_as_json(mix) for mix in mixes], dtype="str"),
            "packs_price": pd.Series([None if mix is None else mix.price for mix in mixes], dtype=object),
            "packs_currency": pd.Series([_currency(mix) for mix in mixes], dtype="str"),
            "expiring_credits_micro": pd.array(
                [None if mix is None else mix.expiring_micro for mix in mixes], dtype="Int64"
            ),
            "history_days": history_days,
            "capped_credits_micro": foreseen.capped,
            "calibration_version": method.calibration.version,
        }
    )
    is_drawn = np.isin(status.astype(str), ("ok", "beyond_horizon"))
    return DepletionForecast(dates, _paths_frame(names, today, remaining, is_drawn, foreseen.balances))


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
    chance_before_grant: Floats
    buy_by: Ints
    buying: Buying
    is_refilled: np.ndarray  # empty, and it is known what would fill it
    balances: Floats  # (workspaces, paths, days)
    capped: Ints


def _foresee(
    history: History,
    names: pd.Index,
    today: int,
    method: Method,
    status: np.ndarray,
    remaining: Ints,
    history_days: Ints,
    grant_on: Ints,
    lead_days: Ints,
    change: Change,
) -> _Foreseen:
    demand, capped = demand_of(history, names, today)
    demand = demand.scaled(np.full(len(names), change.factor))
    lots = Lots.of(history.lots, names, as_of=today, policy=method.policy)
    offers = packs_of(history.packs, names)
    repays = method.policy.repays_overage
    is_refilled = (status == "already_empty") & (history_days >= MIN_HISTORY_DAYS) & (demand.slow > 0)
    followed = np.flatnonzero((status == "ok") | is_refilled)
    empty_on = np.full((len(names), len(LEVELS)), BEYOND)
    chance, buy_by, credits = (
        np.zeros(len(names)),
        np.zeros(len(names), np.int64),
        np.zeros(len(names), np.int64),
    )
    mixes: list[Mix | None] = [None] * len(names)
    balances = np.zeros(
        (len(names), len(PATH_LEVELS), PATH_DAYS), dtype=np.float32 if len(names) > 50_000 else float
    )
    shown = [LEVELS.index(level) for level in PATH_LEVELS.values()]
    for chunk in chunks(lots[followed]):
        cases = followed[chunk]
        ours, paths = lots[cases], change.made_to(DemandPaths.of(demand[cases], method.calibration))
        runway = run_down(paths, ours, repays=repays)
        empty_on[cases] = runway.empty_on
        chance[cases] = _chance_before(runway.empty_on, grant_on[cases])
        buy_by[cases] = runway.empty_on[:, method.terms.risk_level] - lead_days[cases]
        arrives_on = np.clip(np.maximum(buy_by[cases], 1) + lead_days[cases], 1, HORIZON_DAYS)
        buying = what_to_buy(
            paths,
            ours,
            arrives_on=arrives_on,
            packs=[offers.get(case, []) for case in cases.tolist()],
            terms=method.terms,
            repays=repays,
        )
        credits[cases] = buying.credits_micro
        for case, mix in zip(cases.tolist(), buying.mixes, strict=True):
            mixes[case] = mix
        balances[cases] = runway.at(shown).balances(paths.at(shown), PATH_DAYS)
    balances = np.minimum(np.maximum.accumulate(balances, axis=1), np.inf)
    return _Foreseen(empty_on, chance, buy_by, Buying(credits, mixes), is_refilled, balances, capped)


def _chance_before(empty_on: Ints, day: Ints) -> Floats:
    """The chance that the balance is empty by the end of the day before `day`, between the levels around it."""
    levels = np.array([0.0, *LEVELS, 1.0])
    days = np.column_stack([np.zeros(len(day)), empty_on, np.full(len(day), 2 * BEYOND)])
    at = (days < day[:, None]).sum(axis=1)
    low = np.maximum(at - 1, 0)
    at = np.minimum(at, len(levels) - 1)
    rows = np.arange(len(day))
    width = np.maximum(days[rows, at] - days[rows, low], 1)
    share = np.clip((day - 1 - days[rows, low]) / width, 0, 1)
    chance: Floats = np.where(days[rows, 1] >= day, 0.0, levels[low] + share * (levels[at] - levels[low]))
    return chance.round(4)


def _paths_frame(
    names: pd.Index, today: int, remaining: Ints, is_drawn: np.ndarray, balances: Floats
) -> pd.DataFrame:
    cases = np.flatnonzero(is_drawn)
    highest = balances[cases, -1] if len(cases) else np.zeros((0, PATH_DAYS))
    is_gone = highest <= 0
    days = np.where(is_gone.any(axis=1), is_gone.argmax(axis=1) + 1, PATH_DAYS)
    case, day = np.repeat(cases, days + 1), np.concatenate([np.arange(count + 1) for count in days] or [[]])
    day = day.astype(np.int64)
    columns = {"workspace_id": names[case], "forecast_date": midnights(today + day)}
    for number, name in enumerate(PATH_LEVELS):
        later = balances[case, number, np.maximum(day - 1, 0)]
        columns[f"balance_{name}_micro"] = np.where(
            day == 0, remaining[case], np.floor(later).astype(np.int64)
        )
    return pd.DataFrame(columns)


def _currency(mix: Mix | None) -> str | None:
    return mix.counts[0][0].currency if mix and mix.counts else None


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
