"""Whether the ranges are better calibrated on a warehouse's own history than on public series.

Not here: how a calibration is fitted (calibration.py), or the cases it is fitted on (synthetic_cases.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from zlib import crc32

import numpy as np
import pandas as pd

from forecasting.depletion.calibration import LEVELS, Calibration, DemandPaths, Depletions
from forecasting.depletion.demand import HISTORY_DAYS, Floats, blocked_days, daily_credits
from forecasting.depletion.inputs import CreditHistory
from forecasting.depletion.synthetic_cases import Origins, depletions_of, fit_on, origins_of

MIN_WORKSPACES, MIN_DAYS = 30, 120
MOST_WORKSPACES = 200
CAPPED_DAYS = 60
SEED = 0
FEATURES = (
    "two exponential levels of daily demand, its profile of weekdays or days of the month, variation of its "
    "7-day means, days of history"
)
REGISTRY = ["model", "version", "trained_to", "label", "features", "scores", "hash", "promoted", "content"]


def recalibrate(history: CreditHistory, shipped: Calibration, *, as_of: date) -> pd.DataFrame:
    """The shipped calibration and, with enough history, one of the warehouse's own; the better one promoted.

    The own one is fitted if `MIN_WORKSPACES` have `MIN_DAYS` of history on which no empty balance blocked
    usage, of at most `MOST_WORKSPACES` chosen by a hash. It is promoted if, fitted on each half of
    them, its ranges are closer on the other half than the shipped one's.

    Returns:
        One row per calibration: the columns of `REGISTRY`. `scores` and `content` are JSON.
    """
    series, today = own_series(history, as_of=as_of), _day_number(as_of)
    found: dict[str, object] = {"workspaces": len(series)}
    compared: dict[str, float] = {}
    own = None
    if len(series) >= MIN_WORKSPACES:
        try:
            origins = origins_of(series, first_days=_first_days(series, today))
            compared = _compared(series, origins, shipped, today)
            own = _fit(series, origins, label="this warehouse's own history")
        except ValueError as error:  # too sparse a history must not stop the forecast
            found["why_not"] = str(error)
    is_better = own is not None and compared["own"] < compared["shipped"]
    rows = [_row(shipped, found if own is None else {}, promoted=not is_better)]
    if own is not None:
        rows.append(_row(own, found | compared, promoted=is_better) | {"trained_to": pd.Timestamp(as_of)})
    return pd.DataFrame(rows, columns=REGISTRY).astype({"trained_to": "datetime64[us]"})


def own_series(history: CreditHistory, *, as_of: date) -> list[Floats]:
    """Daily demand of workspaces with enough of it, each from its first day on."""
    today = _day_number(as_of)
    ids = history.workspaces["workspace_id"].astype("str")
    names = pd.Index(sorted(ids, key=lambda name: (crc32(name.encode()), name)))
    kept = {"as_of": today, "days": HISTORY_DAYS}
    used = daily_credits(history.usage, names, column="credits_micro", **kept)
    excess = daily_credits(history.charges, names, column="excess_micro", **kept)
    demand = np.maximum(used - excess, 0)
    is_long = (demand[:, : HISTORY_DAYS - MIN_DAYS + 1] > 0).any(axis=1)
    is_free = ~blocked_days(history.balances, names, **kept).any(axis=1)
    chosen = demand[is_long & is_free][:MOST_WORKSPACES]
    return [values[(values > 0).argmax() :] for values in chosen]


def _day_number(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def _first_days(series: Sequence[Floats], today: int) -> list[int]:
    return [today - len(values) + 1 for values in series]


def _fit(series: Sequence[Floats], origins: Origins, *, label: str) -> Calibration:
    return fit_on(series, label=label, rng=np.random.default_rng(SEED), origins=origins)


def _compared(series: list[Floats], origins: Origins, shipped: Calibration, today: int) -> dict[str, float]:
    """Mean pinball loss, in days capped at `CAPPED_DAYS`, of ranges fitted on one half for the other."""
    losses: dict[str, list[Floats]] = {"own": [], "shipped": []}
    for half in (0, 1):
        fitted = _fit(series[half::2], origins.of_half(half), label="half")
        tested = series[1 - half :: 2]
        tested_on = origins_of(
            tested, first=28, step=7, last_before_end=CAPPED_DAYS, first_days=_first_days(tested, today)
        )
        cases, _ = depletions_of(
            tested, tested_on, multiples=(3, 60), amounts=2, rng=np.random.default_rng(SEED + 1)
        )
        for name, calibration in (("own", fitted), ("shipped", shipped)):
            losses[name].append(pinball(cases, calibration))
    return {name: round(float(np.mean(np.concatenate(parts))), 4) for name, parts in losses.items()}


def pinball(cases: Depletions, calibration: Calibration) -> Floats:
    """The loss of each case's quantiles, averaged over the levels, in days."""
    days = np.minimum(
        DemandPaths.from_calibration(cases.demand, calibration).until(cases.credits[:, None]), CAPPED_DAYS
    )
    off = np.minimum(cases.days, CAPPED_DAYS)[:, None] - days
    levels = np.array(LEVELS)
    loss: Floats = (2 * np.maximum(levels * off, (levels - 1) * off)).mean(axis=1)
    return loss


def _row(calibration: Calibration, scores: Mapping[str, object], *, promoted: bool) -> dict[str, object]:
    return {
        "model": "depletion_range",
        "version": calibration.version,
        "trained_to": pd.NaT,
        "label": str(calibration.facts.get("label", "")),
        "features": FEATURES,
        "scores": json.dumps({**calibration.facts, **scores}, sort_keys=True),
        "hash": calibration.hash,
        "promoted": promoted,
        "content": calibration.to_json(),
    }
