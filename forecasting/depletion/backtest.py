"""How accurate the forecast has been: scores of published forecasts, and of forecasts replayed on past days.

A forecast is scored after a number of days that only its own median decides, whether or not the credits ran
out by then: scoring those first that did would flatter early dates. Later days count as that number. Not
here: summing scores up (the mart forecast_accuracy), or other methods (benchmarks/).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zlib import crc32

import numpy as np
import pandas as pd

from forecasting.depletion.calibration import LEVELS, Calibration, DemandPaths
from forecasting.depletion.demand import HISTORY_DAYS, Floats, blocked_days, daily_credits, measure_demand
from forecasting.depletion.headline import MIN_HISTORY_DAYS, PACE_DAYS
from forecasting.depletion.inputs import CreditHistory
from forecasting.depletion.paths import RealisedDemand
from forecasting.depletion.runway import BEYOND, Lots, run_down
from forecasting.ledger import DrawPolicy, Ints, day_numbers, draw_down, midnights, positions
from forecasting.plans import expected_lots

# the median's days ahead, the name of the bucket, and after how many days such a forecast is scored
BUCKETS = ((7, "0-7", 14), (30, "8-30", 60), (90, "31-90", 90), (BEYOND, "over 90", 90))
LONGEST_DAYS = 90
TERMS = ["workspace_id", "lot_id", "priority", "effective_on", "expires_on", "remaining_micro"]
REPLAYED_AMOUNTS_DAYS = (3, 7, 14, 30, 60)
REPLAYED_DAYS = 182
REPLAYED_ORIGINS = 4_000
DAYS = ["p025", "p10", "p50", "p90", "p975", "pace"]


def days_as_floats(days: pd.Series) -> Floats:
    """Days ahead as numbers; null, which is beyond the horizon, as infinity."""
    return np.asarray(days.astype("float64").fillna(np.inf), dtype=np.float64)


def scoring_delay_days(median_days: Ints | Floats) -> Ints:
    """Days after which a forecast with this median is scored."""
    return np.array([bucket[2] for bucket in BUCKETS])[_bucket(median_days)]


def _bucket(median_days: Ints | Floats) -> Ints:
    return np.searchsorted([bucket[0] for bucket in BUCKETS], np.minimum(median_days, BEYOND))


def score_forecasts(forecasts: pd.DataFrame, true_days: Floats) -> pd.DataFrame:
    """Scores forecasts that are due.

    Args:
        forecasts: workspace_id, as_of, and days ahead p025_days, p10_days, p50_days, p90_days, p975_days and
            pace_days; null is beyond the horizon.
        true_days: days ahead on which the credits were used up; any larger number if not by then.

    Returns:
        workspace_id, as_of, horizon_bucket, judged_after_days, true_days, p50_days, pace_days (capped at
        judged_after_days), is_covered_80, is_covered_95, error_days, pace_error_days.
    """
    days = {name: days_as_floats(forecasts[f"{name}_days"]) for name in DAYS}
    bucket = _bucket(days["p50"])
    cap = scoring_delay_days(days["p50"])
    capped = {name: np.minimum(values, cap) for name, values in days.items()}
    truth = np.minimum(true_days, cap)
    return pd.DataFrame(
        {
            "workspace_id": forecasts["workspace_id"].astype("str").to_numpy(),
            "as_of": forecasts["as_of"].to_numpy(),
            "horizon_bucket": pd.Series([BUCKETS[index][1] for index in bucket], dtype="str"),
            "judged_after_days": cap,
            "true_days": truth,
            "p50_days": capped["p50"],
            "pace_days": capped["pace"],
            "is_covered_80": (capped["p10"] <= truth) & (truth <= capped["p90"]),
            "is_covered_95": (capped["p025"] <= truth) & (truth <= capped["p975"]),
            "error_days": np.abs(capped["p50"] - truth),
            "pace_error_days": np.abs(capped["pace"] - truth),
        }
    )


def days_until_empty(
    vintages: pd.DataFrame,
    entries: pd.DataFrame,
    usage: pd.DataFrame,
    plans: pd.DataFrame | None = None,
    *,
    as_of: date,
    policy: DrawPolicy,
) -> Floats:
    """When the credits that each vintage knew of were used up: days after its as_of; inf if not within 90.

    Later bookings do not count: a purchase made in time says nothing about the predicted date.

    Args:
        vintages: workspace_id, as_of.
        entries: of `draw_down`.
        usage: workspace_id, usage_date, credits_micro.
        plans: of `expected_lots`, whose renewals each vintage expected; None if there are none.
        as_of: the last local day known.
        policy: how the ledger draws lots.
    """
    if vintages.empty:
        return np.zeros(0)
    today = int(np.datetime64(as_of, "D").astype(np.int64))
    origins = day_numbers(vintages["as_of"])
    # every vintage becomes a workspace of its own, whose days are moved so that all end today
    shift = pd.DataFrame(
        {
            "workspace_id": vintages["workspace_id"].astype("str").to_numpy(),
            "case": np.arange(len(vintages)).astype(str),
            "shift": today - origins,
        }
    )
    known = _moved(
        entries,
        shift,
        ["occurred_on", "effective_on", "expires_on", "related_on"],
        by="occurred_on",
        today=today,
    )
    used = _moved(usage, shift, ["usage_date"])
    past = used[day_numbers(used["usage_date"]) <= today]
    ledger = draw_down(known, past, as_of=as_of, policy=policy)
    names = pd.Index(shift["case"])
    known_lots = ledger.lots if plans is None else _with_renewals(ledger.lots, plans, entries, shift, origins)
    lots = Lots.from_frame(known_lots, names, as_of=today, policy=policy)
    to_come = daily_credits(
        used, names, column="credits_micro", as_of=today + LONGEST_DAYS, days=LONGEST_DAYS
    )
    total = np.cumsum(np.column_stack([np.zeros(len(names)), to_come]), axis=1)
    empty_on = run_down(RealisedDemand(total), lots, repays=policy.repays_overage).empty_on[:, 0]
    return np.where(empty_on <= np.minimum(shift["shift"].to_numpy(), LONGEST_DAYS), empty_on, np.inf)


def _with_renewals(
    lots: pd.DataFrame, plans: pd.DataFrame, entries: pd.DataFrame, shift: pd.DataFrame, origins: Ints
) -> pd.DataFrame:
    """The lots of each case and those its vintage expected, dates moved."""
    entered_on = day_numbers(entries["occurred_on"])
    parts = [lots]
    for origin in np.unique(origins):
        of_day = shift[origins == origin]
        ours = plans[plans["workspace_id"].astype("str").isin(of_day["workspace_id"])]
        if ours.empty:
            continue
        known = entries[entered_on <= origin]
        as_of = date(1970, 1, 1) + timedelta(days=int(origin))
        expected = expected_lots(ours, known, as_of=as_of, taken=lots[["workspace_id", "lot_id"]])
        parts.append(_moved(expected, of_day, ["effective_on", "expires_on"]))
    return pd.concat([part[TERMS] for part in parts], ignore_index=True)


def _moved(
    rows: pd.DataFrame, shift: pd.DataFrame, dates: list[str], *, by: str | None = None, today: int = 0
) -> pd.DataFrame:
    """The rows of each case's workspace under the case's name, dates moved; with `by`, those up to today."""
    moved = rows.assign(workspace_id=rows["workspace_id"].astype("str")).merge(shift, on="workspace_id")
    for name in dates:
        days = pd.to_timedelta(moved["shift"], unit="D")
        moved[name] = moved[name].astype("datetime64[us]") + days.astype("timedelta64[us]")
    moved = moved.assign(workspace_id=moved["case"]).drop(columns=["case", "shift"])
    return moved if by is None else moved[day_numbers(moved[by]) <= today]


@dataclass(frozen=True)
class Replay:
    """Past days of workspaces from which a forecast is replayed.

    Attributes:
        workspace_id: of each origin.
        as_of: day number of each origin.
        daily: demand of the days up to each, (origins, `HISTORY_DAYS`); implausible charges capped.
        is_known: which of them are not blocked.
        to_come: demand of the days after it, (origins, `LONGEST_DAYS`); 0 after today.
        seen_days: how many of those have passed.
        pace: credits a day over the 7 days up to it.
    """

    workspace_id: pd.Index
    as_of: Ints
    daily: Floats
    is_known: np.ndarray
    to_come: Floats
    seen_days: Ints
    pace: Floats


def origins_to_replay(
    history: CreditHistory, *, as_of: date, days: int = REPLAYED_DAYS, most: int = REPLAYED_ORIGINS
) -> Replay:
    """Days of the last half year whose forecasts can be scored by now, at most `most` of all workspaces.

    Every day if that is not too many, else every second and so on, up to every seventh; where that is still
    too many, those of workspaces chosen by a hash.

    Days with too short a history, or followed by days on which an empty balance blocked usage, are excluded.
    """
    today = int(np.datetime64(as_of, "D").astype(np.int64))
    names = pd.Index(history.workspaces["workspace_id"].astype("str"))
    step = min(max(-(-len(names) * days // most), 1), 7)
    shifts = np.arange(BUCKETS[0][2], BUCKETS[0][2] + days, step)
    enough = -(-most // len(shifts))
    if len(names) > enough:
        names = pd.Index(sorted(names, key=lambda name: (crc32(name.encode()), name))[:enough])
    days = HISTORY_DAYS + int(shifts[-1])
    kept = {"as_of": today, "days": days}
    used = daily_credits(history.usage, names, column="credits_micro", **kept)
    excess = daily_credits(history.charges, names, column="excess_micro", **kept)
    is_blocked = blocked_days(history.balances, names, **kept)
    demand = np.maximum(used - excess, 0)
    first = _first_days(history.usage, names, today)

    workspace_index = np.tile(np.arange(len(names)), len(shifts))
    shift = np.repeat(shifts, len(names))
    at = days - shift  # how many columns of the matrix are past
    ahead = np.column_stack([demand, np.zeros((len(names), LONGEST_DAYS))])
    blocked_ahead = np.column_stack([is_blocked, np.zeros((len(names), LONGEST_DAYS), dtype=bool)])
    past = at[:, None] - HISTORY_DAYS + np.arange(HISTORY_DAYS)
    future = at[:, None] + np.arange(LONGEST_DAYS)
    is_long = first[workspace_index] <= today - shift - MIN_HISTORY_DAYS + 1
    chosen = np.flatnonzero(is_long & ~blocked_ahead[workspace_index[:, None], future].any(axis=1))
    workspace_index, shift, past, future = (
        workspace_index[chosen],
        shift[chosen],
        past[chosen],
        future[chosen],
    )
    return Replay(
        names[workspace_index],
        today - shift,
        demand[workspace_index[:, None], past],
        ~is_blocked[workspace_index[:, None], past],
        ahead[workspace_index[:, None], future],
        np.minimum(shift, LONGEST_DAYS),
        used[workspace_index[:, None], past[:, -PACE_DAYS:]].mean(axis=1),
    )


def _first_days(usage: pd.DataFrame, names: pd.Index, today: int) -> Ints:
    first = np.full(len(names), today + 1)
    workspace = positions(usage["workspace_id"], names)
    np.minimum.at(first, workspace[workspace >= 0], day_numbers(usage["usage_date"])[workspace >= 0])
    return first


def replay(replayed: Replay, *, calibration: Calibration) -> pd.DataFrame:
    """Predicts, from each origin, when a balance would be used up, and scores it by the demand that followed.

    The balances are synthetic: some days of the mean demand of the 90 days up to the origin, in one lot that
    does not expire, so that every horizon is scored, even where real balances are seldom empty.

    Returns:
        The columns of `score_forecasts`, and amount_days. Only cases that are due.
    """
    demand = measure_demand(replayed.daily, replayed.is_known, last_day=replayed.as_of)
    is_used = np.flatnonzero(demand.mean > 0)
    demand = demand[is_used]
    total = np.cumsum(np.column_stack([np.zeros(len(replayed.as_of)), replayed.to_come]), axis=1)[is_used]
    paths = DemandPaths.from_calibration(demand, calibration)
    pace, seen = replayed.pace[is_used], replayed.seen_days[is_used]
    scores = []
    for amount_days in REPLAYED_AMOUNTS_DAYS:
        credits = demand.mean * amount_days
        days = np.maximum(np.ceil(paths.until(credits[:, None]) - 1e-9), 1)
        with np.errstate(divide="ignore"):
            predicted = {"pace_days": np.where(pace > 0, np.ceil(credits / pace - 1e-9), np.inf)}
        predicted |= {f"{name}_days": days[:, LEVELS.index(float(f"0.{name[1:]}"))] for name in DAYS[:-1]}
        names = replayed.workspace_id[is_used]
        frame = pd.DataFrame(
            {"workspace_id": names, "as_of": midnights(replayed.as_of[is_used]), **predicted}
        )
        true_days = RealisedDemand(total).until(credits[:, None])[:, 0]
        is_due = seen >= scoring_delay_days(days[:, LEVELS.index(0.5)])
        scored = score_forecasts(frame[is_due].reset_index(drop=True), true_days[is_due])
        scores.append(scored.assign(amount_days=amount_days))
    return pd.concat(scores, ignore_index=True)
