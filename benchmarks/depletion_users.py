"""Simulated users of the depletion benchmark: weekdays only, one day a week, top-ups, bursts, growth, a drop.

Each is a workspace with a ledger, given to the forecast of the nightly run; the truth is the first day by
whose end the demand simulated after as_of reaches what is left. Not here: real series (depletion_cases.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from benchmarks.depletion_cases import CAP_DAYS, Floats, Ints
from forecasting.depletion.forecast import CreditHistory, Method, forecast_depletion
from forecasting.ledger import draw_down

AS_OF = date(2026, 4, 7)
PAST_DAYS, USERS, NOISES = 200, 200, 400
DAYS = PAST_DAYS + CAP_DAYS
MULTIPLES = (3.0, 60.0)
MICRO = 1_000_000
_FIRST = np.datetime64(AS_OF) - PAST_DAYS + 1
_CALENDAR = _FIRST + np.arange(DAYS)
_WEEKDAY = (_CALENDAR.astype(np.int64) + 3) % 7  # 0 is Monday
_DAY_OF_MONTH = (_CALENDAR - _CALENDAR.astype("datetime64[M]")).astype(int)

Draw = Callable[[np.random.Generator], Floats]


def _gamma(shape: float) -> Draw:
    return lambda rng: rng.gamma(shape, 1 / shape, DAYS)


def _some_days(rng: np.random.Generator) -> Floats:
    return np.where(rng.random(DAYS) < 0.6, 1.0, 0.0)


@dataclass(frozen=True)
class Kind:
    """One kind of user: each day wants what the profile says, times noise that nobody can foresee.

    Attributes:
        profile: daily demand of one user before noise, in credits, past and to come.
        noise: factors of the days.
        mean_days: amounts are multiples of the mean demand of so many days before.
        lot: so many credits are bought on the day after the last ones are used up, and what is wanted in
            between is lost; None buys ahead, so that nothing is.
    """

    profile: Draw
    noise: Draw = lambda _: np.ones(DAYS)
    mean_days: int = 90
    lot: int | None = None


def _every_day(_: np.random.Generator) -> Floats:
    return np.full(DAYS, 20.0)


def _weekdays(_: np.random.Generator) -> Floats:
    return np.where(_WEEKDAY < 5, 20.0, 0.0)


def _weekly(rng: np.random.Generator) -> Floats:
    return np.where(rng.integers(7) == _WEEKDAY, 100.0, 0.0)


def _monthly(rng: np.random.Generator) -> Floats:
    return np.where(rng.integers(28) == _DAY_OF_MONTH, 500.0, 0.0)


def _bursts(rng: np.random.Generator) -> Floats:
    """A little every day, and the rest of 300 credits on each fifteenth."""
    day = np.arange(DAYS) - rng.integers(15)
    return np.where(day < 0, 0.0, np.where(day % 15 == 14, 300 - 14 * 5.0, 5.0))


def _growth(_: np.random.Generator) -> Floats:
    return np.exp(0.03 * (np.arange(DAYS) - PAST_DAYS)) * 50


def _drop(rng: np.random.Generator) -> Floats:
    left, since = np.exp(rng.uniform(np.log(0.01), np.log(0.3))), rng.integers(28, 61)
    return 100 * np.where(np.arange(DAYS) < PAST_DAYS - since, 1.0, left)


KINDS = {
    "every day": Kind(_every_day, _gamma(4)),
    "weekdays, the same": Kind(_weekdays),
    "weekdays": Kind(_weekdays, _gamma(4)),
    "one day a week": Kind(_weekly, _gamma(12)),
    "one day a month": Kind(_monthly, _gamma(12)),
    "top-up used the same day": Kind(_every_day, _some_days, lot=20),
    "top-up when empty": Kind(_every_day, _gamma(4), lot=100),
    "bursts that empty a lot": Kind(_bursts, lot=300),
    "growth of 3 % a day": Kind(_growth, _gamma(4), mean_days=14),
    "lasting drop": Kind(_drop, _gamma(4), mean_days=14),
}

JUDGED_KINDS = ("weekdays, the same", "one day a week", "top-up used the same day")
# errors of these users in days by the forecast of commit c6422e2, where no date counts as the cap
MAE_BEFORE = {
    "every day": 2.365,
    "weekdays, the same": 0.725,
    "weekdays": 2.9,
    "one day a week": 7.445,
    "one day a month": 25.53,
    "top-up used the same day": 53.57,
    "top-up when empty": 2.91,
    "bursts that empty a lot": 46.93,
    "growth of 3 % a day": 17.765,
    "lasting drop": 8.885,
}


def simulate(kind: Kind, *, rng: np.random.Generator) -> tuple[CreditHistory, Ints, Floats]:
    """Users of a kind as known at `AS_OF`.

    Returns:
        Their history; the days after which each runs out, at most `CAP_DAYS`; and the median of those days
        over other draws of the noise, which is the best that anybody could say who knew the profile.
    """
    used, lots, true_days, best_days = [], [], [], []
    noise_rng = np.random.default_rng(1)
    noises = np.array([kind.noise(noise_rng)[PAST_DAYS:] for _ in range(NOISES)])
    for number in range(USERS):
        profile = kind.profile(rng)
        demand = np.round(profile * kind.noise(rng) * MICRO)
        mean = demand[PAST_DAYS - kind.mean_days : PAST_DAYS].mean()
        past, bought = _with_lots(demand[:PAST_DAYS], kind.lot)
        remaining = np.round(mean * np.exp(rng.uniform(*np.log(MULTIPLES))))
        left_over = bought.sum() - past.sum()
        bought[-1] += max(remaining - left_over, 0.0)
        remaining = max(remaining, left_over)
        total = np.cumsum(demand[PAST_DAYS:])
        true_days.append(min(int(np.searchsorted(total, remaining)) + 1, CAP_DAYS))
        reached = np.cumsum(profile[PAST_DAYS:] * MICRO * noises, axis=1) < remaining
        best_days.append(np.median(np.minimum(reached.sum(axis=1) + 1, CAP_DAYS)))
        used.append(_rows(number, past, "credits_micro"))
        lots.append(_rows(number, bought, "credits_micro"))
    usage, bought_rows = (pd.concat(parts, ignore_index=True) for parts in (used, lots))
    return _history(usage, bought_rows), np.array(true_days), np.array(best_days)


def _with_lots(demand: Floats, lot: int | None) -> tuple[Floats, Floats]:
    """What was used of the demand, and what was bought, on each day; micro-credits, as is the demand."""
    bought = np.zeros(len(demand))
    if lot is None:
        bought[0] = demand.sum()
        return demand.copy(), bought
    used, left = np.zeros(len(demand)), 0.0
    for day, wanted in enumerate(demand):
        if left == 0:
            left = bought[day] = lot * MICRO
        used[day] = min(wanted, left)
        left -= used[day]
    return used, bought


def _rows(number: int, values: Floats, column: str) -> pd.DataFrame:
    day = np.flatnonzero(values > 0)
    return pd.DataFrame(
        {
            "workspace_id": f"u{number:04d}",
            "usage_date": (_FIRST + day).astype("datetime64[us]"),
            column: values[day].astype(np.int64),
        }
    )


def _history(usage: pd.DataFrame, bought: pd.DataFrame) -> CreditHistory:
    day = bought["usage_date"]
    numbered = bought.groupby("workspace_id").cumcount().astype("str")
    entries = pd.DataFrame(
        {
            "workspace_id": bought["workspace_id"],
            **dict.fromkeys(("entry_id", "lot_id"), "l" + numbered),
            **{"entry_type": "purchase", "priority": 10, "credits_micro": bought["credits_micro"]},
            **{f"{name}_{end}": day for name in ("occurred", "effective") for end in ("at", "on")},
            **{
                name: pd.Series(pd.NaT, day.index, "datetime64[us]")
                for name in ("expires_at", "expires_on", "related_on")
            },
        }
    )
    ledger = draw_down(entries, usage, as_of=AS_OF)
    names = pd.DataFrame({"workspace_id": sorted(set(usage["workspace_id"])), "lead_time_days": 3})
    return CreditHistory(ledger.balance_daily, ledger.lots, usage, names)


def measure_users(method: Method, *, kinds: Sequence[str] = tuple(KINDS), seed: int = 0) -> pd.DataFrame:
    """A row of figures for each kind: errors in days, tails, and cases without any date."""
    rows = {}
    for name in kinds:
        history, true_days, best_days = simulate(KINDS[name], rng=np.random.default_rng(seed))
        dates = forecast_depletion(history, as_of=AS_OF, method=method).dates
        days = {
            level: ((dates[column] - pd.Timestamp(AS_OF)).dt.days.fillna(CAP_DAYS).clip(upper=CAP_DAYS))
            for level, column in (
                ("2.5", "depletes_on_p025"),
                ("5", "depletes_on_p5"),
                ("10", "depletes_on_p10"),
                ("50", "depletes_on_p50"),
                ("90", "depletes_on_p90"),
                ("pace", "pace_date"),
            )
        }
        rows[name] = {
            "mae": (days["50"] - true_days).abs().mean(),
            "mae at best": np.abs(best_days - true_days).mean(),
            "mae before": MAE_BEFORE[name],
            "mae of pace": (days["pace"] - true_days).abs().mean(),
            "days late": (days["50"] - true_days).mean(),
            **{f"D<P{level}": (true_days < days[level]).mean() for level in ("2.5", "5", "10")},
            "D>P90": (true_days > days["90"])[days["90"] < CAP_DAYS].mean(),
            "width_80": (days["90"] - days["10"]).mean(),
            "no date": dates["depletes_on_p50"].isna().mean(),
        }
    return pd.DataFrame(rows).T
