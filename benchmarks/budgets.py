"""How accurate the budget forecast is, as if each daily series had a monthly budget: `make bench-budgets`.

From days of each whole month with at least 28 days before, what is used by the end of the month is predicted,
and compared with the use to date at the same rate, the straight line. On the public series the ranges are
cross-validated by group; on others, given by --series, they are those of the project. Errors are in days of
the mean use of the 90 days before. Each series weighs the same. Ends with the targets; exits with 1 if one is
missed. Not here: the forecast (forecasting/budgets/).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.depletion_cases import FIRST_DAYS, FOLDS, Floats, Ints, Unmeasurable, assign_folds
from benchmarks.depletion_methods import ours_fitted
from forecasting.budgets.scores import RestOfPeriods, is_within
from forecasting.depletion.calibration import LEVELS, shipped_calibration
from forecasting.depletion.synthetic_cases import origins_at
from orchestration.landing.daily_series import DailySeries, SeriesError, read_series

PUBLIC = Path(__file__).resolve().parents[2] / "shared/data/usage_series/series.csv.gz"
DAYS_OF_MONTH = (5, 10, 15, 20, 25)
COVERAGE = (0.75, 0.87)
P90, P50, P10 = (LEVELS.index(level) for level in (0.1, 0.5, 0.9))


def month_days(series: Sequence[DailySeries]) -> pd.DataFrame:
    """The days from which a month is predicted: series, history_days, day, days_left, used, true."""
    rows = []
    for number, one in enumerate(series):
        dates = (one.first_day + np.arange(len(one.values))).astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        total = np.concatenate([[0.0], np.cumsum(one.values)])
        for month in np.unique(months):
            start = int((months < month).sum())
            length = int(((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int))
            if int((months == month).sum()) < length:
                continue
            for day in DAYS_OF_MONTH:
                now, end = start + day, start + length
                if now >= FIRST_DAYS and one.values[max(now - 90, 0) : now].any():
                    used, true = total[now] - total[start], total[end] - total[now]
                    rows.append((number, now, day, length - day, used, true))
    names = ["series", "history_days", "day", "days_left", "used", "true"]
    found = pd.DataFrame(rows, columns=names).sort_values("series", kind="stable", ignore_index=True)
    if found.empty:
        raise Unmeasurable(
            f"a case has {FIRST_DAYS} days before it in a whole month with usage; no series has one. "
            "Give longer ones."
        )
    return found


def cases_of(series: Sequence[DailySeries], days: pd.DataFrame) -> RestOfPeriods:
    """What is known on those days, and what follows."""
    origins = origins_at(
        [one.values for one in series],
        days["series"].to_numpy(),
        days["history_days"].to_numpy(),
        first_days=[one.first_day for one in series],
    )
    left, elapsed = days["days_left"].to_numpy(), days["day"].to_numpy()
    return RestOfPeriods(origins.demand, left, days["used"].to_numpy(), elapsed, days["true"].to_numpy())


def predicted(series: Sequence[DailySeries], days: pd.DataFrame, *, is_shipped: bool) -> Floats:
    """What is used in the rest of the month at `LEVELS`, by ranges of other groups, or as shipped."""
    cases, number = cases_of(series, days), days["series"].to_numpy()
    if is_shipped:
        return cases.predicted(shipped_calibration())
    folds = assign_folds(series, rng=np.random.default_rng(0))
    found = np.zeros((len(days), len(LEVELS)))
    for fold in np.unique(folds):
        calibration = ours_fitted([one for one, of in zip(series, folds, strict=True) if of != fold])
        here = folds[number] == fold
        part = cases_of(series, days[here])
        found[here] = part.predicted(calibration)
    return found


def table_of(cases: RestOfPeriods, predictions: Floats, number: Ints) -> pd.DataFrame:
    """A row for all cases and for each number of days elapsed."""
    weight = 1.0 / np.bincount(number)[number]
    low, median, high = (predictions[:, level] for level in (P10, P50, P90))
    line, mean = cases.straight_line(), cases.demand.mean
    figures = {
        "covered": is_within(cases.true, low, high),
        "under P10": cases.true < low,
        "over P90": cases.true > high,
        "error": np.abs(median - cases.true) / mean,
        "straight line": np.abs(line - cases.true) / mean,
        "width": (high - low) / mean,
    }
    parts = {"all": np.ones(len(number), dtype=bool)}
    parts |= {f"day {day}": cases.elapsed == day for day in DAYS_OF_MONTH}
    rows = {
        name: {"cases": int(here.sum())}
        | {
            figure: float(np.average(values[here].astype(float), weights=weight[here]))
            for figure, values in figures.items()
        }
        for name, here in parts.items()
        if here.any()
    }
    table = pd.DataFrame(rows).T.astype({"cases": int})
    table["error / line"] = table["error"] / table["straight line"]
    return table


def targets(table: pd.DataFrame) -> pd.DataFrame:
    """Each target, what was reached, and whether it is met."""
    covered, error = table["covered"].to_dict()["all"], table["error / line"].to_dict()["all"]
    rows = {
        "coverage of the 80 % range": (
            covered,
            f"{COVERAGE[0]} to {COVERAGE[1]}",
            COVERAGE[0] <= covered <= COVERAGE[1],
        ),
        "error of P50 / straight line's": (error, "below 1", error < 1),
    }
    return pd.DataFrame(rows, index=["reached", "target", "is met"]).T


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.budgets", description=__doc__)
    parser.add_argument("--series", type=Path, action="append", help="CSV of unseen series; may be repeated")
    options = parser.parse_args()
    try:
        series = read_series(options.series or [PUBLIC])
        days = month_days(series)
    except (SeriesError, Unmeasurable) as error:
        parser.error(str(error))
    predictions = predicted(series, days, is_shipped=bool(options.series))
    table = table_of(cases_of(series, days), predictions, days["series"].to_numpy())
    reached = targets(table)
    ranges = "as shipped" if options.series else f"cross-validated by group in {FOLDS} folds"
    print(f"{len(series)} series, each with a monthly budget; ranges {ranges}; errors in days of mean use\n")
    print(table.to_string(float_format=lambda value: f"{value:.3f}"), "\n")
    print(reached.to_string(float_format=lambda value: f"{value:.3f}"))
    raise SystemExit(0 if reached["is met"].all() else 1)


if __name__ == "__main__":
    main()
