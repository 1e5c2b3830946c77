"""How good the depletion forecast is, beside the 7-day pace and others: `make bench-depletion`.

Without files, the public series, cross-validated by group. With --series, series it has never seen: ours is
then the calibration that comes with the project, as it is. Ends with the targets, and exit code 1 if a floor
is missed. Not here: the protocol (depletion_cases.py), the methods, or speed (depletion_speed.py).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import depletion_methods as methods
from benchmarks.depletion_cases import (
    P5,
    Cases,
    Evenings,
    Floats,
    cases_of,
    evenings_of,
    fold_of,
    scores,
    warnings,
)
from benchmarks.depletion_speed import measure_speed
from forecasting.calibration import shipped_calibration
from orchestration.landing.daily_series import DailySeries, SeriesError, read_series

PUBLIC = Path(__file__).resolve().parents[2] / "shared/data/usage_series/series.csv.gz"
PACE, CALIBRATED, NAIVE, OURS = "7-day pace", "pace, calibrated", "seasonal naive, calibrated", "ours"
STEADY_VARIATION = 0.5


@dataclass(frozen=True)
class Told:
    """What each method says of the cases and of the evenings, days at `LEVELS`; and what it took."""

    cases: dict[str, Floats]
    evenings: dict[str, Floats]
    seconds: float


def tell(
    cases: Cases,
    evenings: Evenings,
    learnt: Cases,
    series: Sequence[DailySeries],
    folds: tuple[np.ndarray, np.ndarray],
) -> Told:
    """Lets every method foretell cases and evenings.

    Args:
        cases, evenings: to be foretold.
        learnt: cases the calibrations of others are fitted on.
        series: those of `learnt`; None of ours is fitted if the cases are of other series.
        folds: the fold of each case's series and of each learnt case's series; a case is never foretold by
            what was learnt from its own fold. Where all are in fold -1, nothing is held back.
    """
    of_case, of_learnt = folds
    results: tuple[dict[str, Floats], dict[str, Floats]] = ({}, {})
    seconds = 0.0
    for fold in np.unique(of_case):
        is_learnt = (of_learnt != fold) | (fold == -1)
        training = learnt[is_learnt[learnt.series]]
        calibration = shipped_calibration()
        if fold != -1:
            calibration = methods.ours_fitted(
                [one for one, kept in zip(series, is_learnt, strict=True) if kept]
            )
        for result, part in zip(results, (cases, evenings.cases), strict=True):
            here = of_case[part.series] == fold
            asked = part[here]
            started = time.perf_counter()
            answers = {OURS: methods.ours(calibration, asked)}
            if part is cases:
                seconds += time.perf_counter() - started
            points: dict[str, Callable[[Cases], Floats]] = {
                CALIBRATED: methods.pace,
                NAIVE: methods.seasonal_naive,
            }
            answers[PACE] = methods.same_at_all_levels(methods.pace(asked))
            for name, point in points.items():
                answers[name] = methods.calibrated(
                    point(training), training.days, training.weight, point(asked)
                )
            for name, answer in answers.items():
                result.setdefault(name, np.zeros((len(part.days), answer.shape[1])))[here] = answer
    return Told(*results, seconds)


def table_of(cases: Cases, evenings: Evenings, told: Told) -> pd.DataFrame:
    """A row of figures for each method."""
    rows = {}
    for name in (PACE, CALIBRATED, NAIVE, OURS):
        rows[name] = scores(cases, told.cases[name]) | warnings(evenings, told.evenings[name][:, P5])
    table = pd.DataFrame(rows).T
    table.insert(1, "mae / pace", table["mae"] / table.loc[PACE, "mae"])
    table.insert(3, "crps / calibrated", table["crps"] / table.loc[CALIBRATED, "crps"])
    return table


def by_family(cases: Cases, told: Told, series: Sequence[DailySeries]) -> pd.DataFrame:
    """MAE of ours and of the pace, and cover of ours, for each family, and for steady series."""
    family = np.array([one.family or "all" for one in series])[cases.series]
    parts = {str(name): family == name for name in np.unique(family)}
    parts[f"steady (variation < {STEADY_VARIATION})"] = cases.variation < STEADY_VARIATION
    rows = {}
    for name, here in parts.items():
        if here.any():
            mine = scores(cases[here], told.cases[OURS][here])
            others = scores(cases[here], told.cases[PACE][here])
            rows[name] = {"cases": here.sum(), "mae": mine["mae"], "mae of pace": others["mae"]}
            rows[name] |= {"ratio": mine["mae"] / others["mae"], "cover_80": mine["cover_80"]}
    return pd.DataFrame(rows).T


def targets(table: pd.DataFrame, steady_ratio: float) -> pd.DataFrame:
    """Each target with its floor and aim, and whether it is reached."""
    mine = table.loc[OURS]
    known = {
        "mae / mae of the pace": (mine["mae / pace"], (0, 0.75), (0, 0.66)),
        "crps / crps of the calibrated pace": (mine["crps / calibrated"], (0, 0.95), (0, 0.90)),
        "cover of the 80 % range": (mine["cover_80"], (0.75, 0.87), (0.78, 0.84)),
        "cover of the 95 % range": (mine["cover_95"], (0.92, 0.985), (0.93, 0.97)),
        "warnings too late": (mine["too_late"], (0, 0.08), (0, 0.05)),
        "median notice, days": (mine["notice"], (0, np.inf), (0, 8)),
        "mae / mae of the pace, steady series": (steady_ratio, (0, 1.0), (0, 0.9)),
    }
    rows = {
        name: {
            "measured": round(value, 3),
            "floor": f"{floor[0]:g} to {floor[1]:g}",
            "floor held": floor[0] <= value <= floor[1],
            "aim": f"{aim[0]:g} to {aim[1]:g}",
            "aim held": aim[0] <= value <= aim[1],
        }
        for name, (value, floor, aim) in known.items()
        if np.isfinite(value)
    }
    return pd.DataFrame(rows).T


def run(
    series: Sequence[DailySeries], public: Sequence[DailySeries] | None, *, step: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, float]:
    """Scores the methods on series, and returns the three tables and our milliseconds a case.

    Args:
        series: to be scored on.
        public: what others are calibrated on, if that is not the same; ours is the shipped one then.
        step: a case's day every so many days.
        seed: draws cases and folds.
    """
    rng = np.random.default_rng(seed)
    cases, evenings = cases_of(series, step=step, rng=rng), evenings_of(series, rng=rng)
    if public is None:
        fold = fold_of(series, rng=rng)
        learnt, folds = cases, (fold, fold)
        known = series
    else:
        learnt, known = cases_of(public, step=step, rng=rng), public
        folds = (np.full(len(series), -1), np.zeros(len(public)))
    told = tell(cases, evenings, learnt, known, folds)
    table, families = table_of(cases, evenings, told), by_family(cases, told, series)
    steady = families["ratio"].get(f"steady (variation < {STEADY_VARIATION})", np.nan)
    return table, families, targets(table, float(steady)), 1000 * told.seconds / len(cases.days)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.depletion", description=__doc__)
    parser.add_argument(
        "--series",
        type=Path,
        action="append",
        help="CSV of series it has never seen; may be given several times",
    )
    parser.add_argument("--public", type=Path, default=PUBLIC, help="the public series")
    parser.add_argument("--origins-every", type=int, default=5, help="days between the days of cases [5]")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-speed", action="store_true", help="leave out the 10,000 workspaces")
    asked = parser.parse_args()
    try:
        public = read_series([asked.public]) if asked.public.exists() else None
        series = read_series(asked.series) if asked.series else public
    except SeriesError as error:
        parser.error(str(error))
    if series is None:
        parser.error(f"there are no public series at {asked.public}; name a file with --series")
    is_unseen = bool(asked.series) and public is not None
    table, families, reached, milliseconds = run(
        series, public if is_unseen else None, step=asked.origins_every, seed=asked.seed
    )
    how = "ours as shipped, others fitted on the public series" if is_unseen else "cross-validated by group"
    print(f"{len(series)} series, {how}; days capped at 90\n")
    for part in (table, families, reached):
        print(part.to_string(float_format=lambda value: f"{value:.3f}"), "\n")
    print(f"ours: {milliseconds:.3f} ms a case")
    if not asked.no_speed:
        print(measure_speed().to_string(), "\n")
    raise SystemExit(0 if reached["floor held"].all() else 1)


if __name__ == "__main__":
    main()
