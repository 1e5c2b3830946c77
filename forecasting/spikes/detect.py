"""Days far above a workspace's own past, and which of them are alerts.

Not here: what caused a day (causes.py), and which single charge is implausible (dbt facts).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.ledger import Ints, day_numbers, midnights, positions

LISTED_DAYS = 90
HISTORY_DAYS = 90
MIN_HISTORY_DAYS = 28
USUAL_DAYS = 28
# as many days before the listed ones are tested too, so that what an earlier alert mutes does not depend on
# where the list begins
TESTED_DAYS = 2 * LISTED_DAYS
USAGE_DAYS = TESTED_DAYS + HISTORY_DAYS

RATIO_TO_P90 = 2.25
RATIO_TO_USED_DAYS = 1.25
MIN_MICRO = 10 * 10**6

ALERT_EVERY_DAYS = 30
MUTED_DAYS = 7

_CHUNK = 20_000  # windows that are ranked at once: what fits the cache

Grid = NDArray[np.int64]  # workspaces x days, the last of them as_of


def find_day_spikes(usage: pd.DataFrame, charges: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """The workspace-days of the last 90 days that lie far above the days before them.

    A day is a spike if it has 10 credits or more, and more than each of these, of the up to 90 days before it
    (28 at least, from first usage on, days without usage included):

    - 2.25 times their P90, and their P95;
    - 1.25 times the mean of those that were used at all, so that one busy day a month is no spike;
    - the mean of the newest 28: usual_micro.

    Where none of them was used, 10 credits are a spike: sudden use after a silent time is worth a look.

    The days before are taken with implausible charges capped at their P99, as the forecast sees them, so that
    one logging error does not hide the spikes of the next three months. The day itself is taken as it is.

    Measured on 56 public daily series, 2.5 times the P90 of the 90 days before put on top of every fifth day:
    92 % of these days are listed, 99.9 % if the P90 is that of the days with usage (72 and 76 % as alerts,
    the others are muted by what came before); 3.1 alerts a series and year without. A ratio to the P95 or
    mean + k sigma of 28 days gave 4.5 to 5.5 alerts where it listed 90 %. All was tuned on these series.

    A spike is an alert unless it is muted; it is listed all the same. Muted is a spike up to 7 days after
    another one (the same story goes on), or fewer than 30 days after an alert. So a workspace has at most one
    alert in 30 days, and of a longer story no second one before 7 quiet days. Muted, and no part of a story,
    is also a day that only its implausible charges make a spike: each of them is a warning of its own.

    Args:
        usage: workspace_id, usage_date, credits_micro of days with usage in the last `USAGE_DAYS` days, each
            day once. A workspace's history begins with its first row.
        charges: the implausible ones: workspace_id, usage_date, credits_micro, p99_micro.
        as_of: the last local day known.

    Returns:
        workspace_id, usage_date, credits_micro, usual_micro, is_muted, in order of the first two.
    """
    today = day_number(as_of)
    names = pd.Index(np.sort(usage["workspace_id"].unique()), dtype="str")
    cells = _cells(usage, names, today)
    used = _grid(usage["credits_micro"], cells, len(names))
    excess = charges["credits_micro"] - charges["p99_micro"]
    capped = used - _grid(excess, _cells(charges, names, today), len(names))
    began = np.full(len(names), USAGE_DAYS, dtype=np.int64)
    np.minimum.at(began, cells[0], np.maximum(cells[1], 0))

    workspace, day, usual, limit = _high_days(used, capped, began)
    is_high_when_capped = _is_high(capped[workspace, day], limit)
    is_muted = np.ones(len(day), dtype=bool)
    is_muted[is_high_when_capped] = muted(workspace[is_high_when_capped], day[is_high_when_capped])
    spikes = pd.DataFrame(
        {
            "workspace_id": names[workspace],
            "usage_date": midnights(day + today + 1 - USAGE_DAYS),
            "credits_micro": used[workspace, day],
            "usual_micro": usual,
            "is_muted": is_muted,
        }
    )
    return spikes[day >= USAGE_DAYS - LISTED_DAYS].reset_index(drop=True)


def muted(series: Ints, day: Ints) -> NDArray[np.bool_]:
    """Whether each spike is muted by those before it; spikes in order of series and day."""
    is_muted = []
    alerted = spiked = before = None
    for one, now in zip(series.tolist(), day.tolist(), strict=True):
        if one != before:
            alerted = spiked = None
        is_same_story = spiked is not None and now - spiked <= MUTED_DAYS
        is_silent = is_same_story or (alerted is not None and now - alerted < ALERT_EVERY_DAYS)
        alerted = alerted if is_silent else now
        spiked, before = now, one
        is_muted.append(is_silent)
    return np.array(is_muted, dtype=bool)


def day_number(day: date) -> int:
    """A local day as days since 1970-01-01."""
    return int(np.datetime64(day, "D").astype(np.int64))


def _cells(rows: pd.DataFrame, names: pd.Index, today: int) -> tuple[Ints, Ints]:
    """The row and column of each row in a grid; some may lie outside."""
    return positions(rows["workspace_id"], names), day_numbers(rows["usage_date"]) - today - 1 + USAGE_DAYS


def _grid(micro: pd.Series, cells: tuple[Ints, Ints], height: int) -> Grid:
    """Micro-credits of each workspace and day."""
    workspace, day = cells
    is_here = (workspace >= 0) & (day >= 0) & (day < USAGE_DAYS)
    grid = np.zeros((height, USAGE_DAYS), dtype=np.int64)
    np.add.at(grid, (workspace[is_here], day[is_here]), micro.to_numpy(dtype=np.int64)[is_here])
    return grid


def _high_days(used: Grid, capped: Grid, began: Ints) -> tuple[Ints, Ints, Ints, NDArray[np.float64]]:
    """Workspace, day, usual and limit of every tested day that is a spike, muted or not."""
    tested = np.arange(USAGE_DAYS - TESTED_DAYS, USAGE_DAYS)
    newest = _before(capped, tested, USUAL_DAYS)
    used_days = np.maximum(_before((capped > 0).astype(np.int64), tested, HISTORY_DAYS), 1)
    used_mean = _before(capped, tested, HISTORY_DAYS) / used_days
    limit = np.maximum(newest / USUAL_DAYS, RATIO_TO_USED_DAYS * used_mean)
    is_known = tested - began[:, np.newaxis] >= MIN_HISTORY_DAYS
    # ranking the days before is expensive: only where all other conditions are met
    workspace, at = np.nonzero(is_known & _is_high(used[:, tested], limit))
    ranked = _ranked_limit(capped, workspace, tested[at], began)
    limits = np.maximum(limit[workspace, at], ranked)
    is_high = _is_high(used[workspace, tested[at]], limits)
    workspace, at, limits = workspace[is_high], at[is_high], limits[is_high]
    return workspace, tested[at], newest[workspace, at] // USUAL_DAYS, limits


def _is_high(micro: Ints, limit: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (micro >= MIN_MICRO) & (micro > limit)


def _before(grid: Grid, days: Ints, length: int) -> Grid:
    """Sums over the `length` days before each of `days`."""
    sums = np.zeros((len(grid), USAGE_DAYS + 1), dtype=np.int64)
    np.cumsum(grid, axis=1, out=sums[:, 1:])
    return sums[:, days] - sums[:, days - length]


def _ranked_limit(capped: Grid, workspace: Ints, day: Ints, began: Ints) -> NDArray[np.float64]:
    """The P95, or 2.25 times the P90 if that is more, of the days before each day; days as in `_grid`."""
    # unknown days rank before all known ones
    known = np.where(np.arange(USAGE_DAYS) >= began[:, np.newaxis], capped, -1)
    windows = np.lib.stride_tricks.sliding_window_view(known, HISTORY_DAYS, axis=1)
    limit = np.empty(len(day))
    for start in range(0, len(day), _CHUNK):
        rows = slice(start, start + _CHUNK)
        ranks = np.sort(windows[workspace[rows], day[rows] - HISTORY_DAYS], axis=1)
        first = np.maximum(began[workspace[rows]] - day[rows] + HISTORY_DAYS, 0)
        limit[rows] = np.maximum(RATIO_TO_P90 * _quantile(ranks, first, 0.90), _quantile(ranks, first, 0.95))
    return limit


def _quantile(ranks: Grid, first: Ints, level: float) -> NDArray[np.float64]:
    """The quantile, interpolated, of each row from `first` on."""
    position = first + level * (HISTORY_DAYS - 1 - first)
    below = position.astype(np.int64)
    rows = np.arange(len(ranks))
    low, high = ranks[rows, below], ranks[rows, np.minimum(below + 1, HISTORY_DAYS - 1)]
    return np.asarray(low + (position - below) * (high - low), dtype=np.float64)
