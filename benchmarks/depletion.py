"""How accurate the depletion forecast is, compared with the 7-day pace and others: `make bench-depletion`.

Without files, on the public series, cross-validated by group. With --series, on unseen series: ours is then
the calibration shipped with the project. Ends with the targets; exits with 1 if a floor is missed.
Simulated users are forecast with the calibration of the project. Not here: the protocol (depletion_cases.py),
the simulated users (depletion_users.py), the methods, or speed (depletion_speed.py).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import depletion_methods as methods
from benchmarks.depletion_cases import (
    CAP_DAYS,
    P5,
    Cases,
    Evenings,
    Floats,
    Unmeasurable,
    assign_folds,
    sample_cases,
    sample_evenings,
    scores,
    warnings,
)
from benchmarks.depletion_speed import measure_speed
from benchmarks.depletion_users import JUDGED_KINDS, measure_users
from forecasting.depletion.calibration import Calibration, shipped_calibration
from forecasting.depletion.forecast import Method
from orchestration.landing.daily_series import DailySeries, SeriesError, read_series

PUBLIC = Path(__file__).resolve().parents[2] / "shared/data/usage_series/series.csv.gz"
PACE, CALIBRATED, NAIVE, OURS = "7-day pace", "pace, calibrated", "seasonal naive, calibrated", "ours"
TAILS = ("D<P2.5", "D<P5", "D<P10", "D>P90")
STEADY_VARIATION = 0.5
STEADY = f"steady (variation < {STEADY_VARIATION})"


@dataclass(frozen=True)
class Predictions:
    """Days at `LEVELS` by each method, for the cases and the evenings; and the seconds of ours."""

    cases: dict[str, Floats]
    evenings: dict[str, Floats]
    seconds: float


@dataclass(frozen=True)
class Training:
    """What methods are trained on.

    Attributes:
        series: the series, and `cases` of them.
        fold: of each; a case is not predicted from cases of its own fold.
        is_shipped: whether ours is the calibration of the project, whatever there is to train on.
    """

    series: Sequence[DailySeries]
    cases: Cases
    fold: np.ndarray
    is_shipped: bool

    def without(self, fold: int) -> tuple[Cases, Calibration]:
        """The cases of other folds, and our calibration without that fold."""
        is_kept = self.fold != fold
        if self.is_shipped:
            return self.cases[is_kept[self.cases.series]], shipped_calibration()
        kept = [one for one, is_other in zip(self.series, is_kept, strict=True) if is_other]
        return self.cases[is_kept[self.cases.series]], methods.ours_fitted(kept)


def predict(cases: Cases, evenings: Evenings, fold: np.ndarray, training: Training) -> Predictions:
    """Predicts cases and evenings by every method; `fold` is that of each of their series."""
    results: tuple[dict[str, Floats], dict[str, Floats]] = ({}, {})
    seconds = 0.0
    for number in np.unique(fold):
        known, calibration = training.without(number)
        for result, part in zip(results, (cases, evenings.cases), strict=True):
            here = fold[part.series] == number
            started = time.perf_counter()
            answers = {OURS: methods.ours(calibration, part[here])}
            seconds += (time.perf_counter() - started) * (part is cases)
            answers |= _others(part[here], known)
            for name, answer in answers.items():
                result.setdefault(name, np.zeros((len(part.days), answer.shape[1])))[here] = answer
    return Predictions(*results, seconds)


def _others(cases: Cases, known: Cases) -> dict[str, Floats]:
    points: dict[str, Callable[[Cases], Floats]] = {CALIBRATED: methods.pace, NAIVE: methods.seasonal_naive}
    ranges = {
        name: methods.calibrated(point(known), known.days, known.weight, point(cases))
        for name, point in points.items()
    }
    return {PACE: methods.same_at_all_levels(methods.pace(cases)), **ranges}


@dataclass(frozen=True)
class Outcome:
    """The printed tables, and our milliseconds a case; `users` only if asked for, `others` with AutoETS."""

    table: pd.DataFrame
    families: pd.DataFrame
    users: pd.DataFrame | None
    reached: pd.DataFrame
    others: pd.DataFrame | None
    milliseconds: float


def table_of(cases: Cases, evenings: Evenings, predictions: Predictions) -> pd.DataFrame:
    """A row of figures for each method."""
    rows = {}
    for name in (PACE, CALIBRATED, NAIVE, OURS):
        rows[name] = scores(cases, predictions.cases[name]) | warnings(
            evenings, predictions.evenings[name][:, P5]
        )
    table = pd.DataFrame(rows).T
    table.insert(1, "mae / pace", table["mae"] / rows[PACE]["mae"])
    table.insert(3, "crps / calibrated", table["crps"] / rows[CALIBRATED]["crps"])
    return table


def by_family(cases: Cases, predictions: Predictions, series: Sequence[DailySeries]) -> pd.DataFrame:
    """Ours and the pace, with the tails of ours, for each family and for steady series."""
    family = np.array([one.family or "all" for one in series])[cases.series]
    parts = {str(name): family == name for name in np.unique(family)}
    parts[STEADY] = cases.variation < STEADY_VARIATION
    rows = {}
    for name, here in parts.items():
        if here.any():
            mine = scores(cases[here], predictions.cases[OURS][here])
            others, calibrated = (
                scores(cases[here], predictions.cases[by][here]) for by in (PACE, CALIBRATED)
            )
            rows[name] = {
                "series": len(np.unique(cases.series[here])),
                "mae": mine["mae"],
                "mae of pace": others["mae"],
                "mae / pace": mine["mae"] / others["mae"],
                "crps / calibrated": mine["crps"] / calibrated["crps"],
                **{tail: mine[tail] for tail in (*TAILS, "days late")},
            }
    return pd.DataFrame(rows).T


def targets(
    table: pd.DataFrame, families: pd.DataFrame, users: pd.DataFrame | None = None, seconds: float = np.nan
) -> pd.DataFrame:
    """Each measured target with its floor and aim, and whether they are met."""
    mine = table.loc[OURS]
    steady = families.reindex(index=[STEADY]).loc[STEADY]
    known = {
        "mae / mae of the pace": (mine["mae / pace"], (0, 0.75), (0, 0.69)),
        "crps / crps of the calibrated pace": (mine["crps / calibrated"], (0, 0.95), (0, 0.89)),
        "P(D < P2.5)": (mine["D<P2.5"], (0, 0.05), (0.01, 0.04)),
        "P(D < P5)": (mine["D<P5"], (0.02, 0.08), (0.03, 0.07)),
        "P(D < P10)": (mine["D<P10"], (0.05, 0.15), (0.07, 0.13)),
        "P(D > P90), where under the cap": (mine["D>P90"], (0.05, 0.15), (0.07, 0.13)),
        "warnings too late": (mine["too_late"], (0, 0.08), (0, 0.05)),
        "median notice, days": (mine["notice"], (0, np.inf), (0, 8)),
        "mae / mae of the pace, steady series": (steady["mae / pace"], (0, 1.05), (0, 1.0)),
        "days late in the median, steady series": (steady["days late"], (-np.inf, 1), (-1, 1)),
        "10,000 workspaces, read to written, s": (seconds, (0, 10), (0, 2)),
    }
    for kind, of_kind in () if users is None else users.loc[list(JUDGED_KINDS)].iterrows():
        known[f"{kind}: P(D < P5)"] = (of_kind["D<P5"], (0, 0.1), (0, 0.07))
        known[f"{kind}: mae / mae at c6422e2"] = (of_kind["mae"] / of_kind["mae before"], (0, 1), (0, 0.5))
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
    series: Sequence[DailySeries],
    *,
    step: int,
    seed: int,
    public: Sequence[DailySeries] | None = None,
    is_shipped: bool = False,
    autoets: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
    seconds: float = np.nan,
) -> Outcome:
    """Scores the methods on series.

    Args:
        series: to score on.
        step: a case's day every so many days.
        seed: of cases and folds.
        public: what the others are calibrated on; the series themselves, by folds of groups, without them.
        is_shipped: whether ours is the calibration of the project; else it is fitted by the same folds.
        autoets: point forecasts, as depletion_autoets.py writes them.
        users: of `measure_users`; None leaves the simulated users out.
        seconds: what 10,000 workspaces took, if that was measured.

    Raises:
        Unmeasurable: the series are too short, too few, or without usage.
    """
    rng = np.random.default_rng(seed)
    cases, evenings = sample_cases(series, step=step, rng=rng), sample_evenings(series, rng=rng)
    folds = fold = assign_folds(series, rng=rng)
    if (public is None or autoets is not None) and len(np.unique(folds)) < 2:
        raise Unmeasurable(
            f"methods are trained on other groups than they are scored on; all {len(series)} series are of "
            "one. Give series of two groups or more; or the public series with --public, and no --autoets."
        )
    if public is None:
        training = Training(series, cases, fold, is_shipped)
    else:
        fold = np.zeros(len(series), dtype=int)
        known = sample_cases(public, step=step, rng=rng)
        training = Training(public, known, np.full(len(public), -1), is_shipped)
    predictions = predict(cases, evenings, fold, training)
    table, families = table_of(cases, evenings, predictions), by_family(cases, predictions, series)
    others = None if autoets is None else with_autoets(cases, predictions, series, folds, autoets)
    milliseconds = 1000 * predictions.seconds / len(cases.days)
    reached = targets(table, families, users, seconds)
    return Outcome(table, families, users, reached, others, milliseconds)


def with_autoets(
    cases: Cases,
    predictions: Predictions,
    series: Sequence[DailySeries],
    fold: np.ndarray,
    autoets: pd.DataFrame,
) -> pd.DataFrame:
    """Ours, the pace, and AutoETS calibrated by the same folds, on the cases that AutoETS was run on."""
    points = methods.autoets(cases, [one.name for one in series], autoets)
    is_run = np.isfinite(points)
    subset, points, of_case = cases[is_run], points[is_run], fold[cases.series[is_run]]
    ranges = np.zeros((len(points), len(predictions.cases[OURS][0])))
    for number in np.unique(of_case):
        here, other = of_case == number, of_case != number
        ranges[here] = methods.calibrated(
            points[other], subset.days[other], subset.weight[other], points[here]
        )
    rows = {name: scores(subset, predictions.cases[name][is_run]) for name in (PACE, CALIBRATED, OURS)}
    return pd.DataFrame(rows | {"AutoETS, calibrated": scores(subset, ranges)}).T


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.depletion", description=__doc__)
    parser.add_argument(
        "--series",
        type=Path,
        action="append",
        help="CSV of unseen series; may be repeated",
    )
    parser.add_argument("--public", type=Path, default=PUBLIC, help="the public series")
    parser.add_argument("--autoets", type=Path, help="file of depletion_autoets.py for the same series")
    parser.add_argument("--origins-every", type=int, default=5, help="days between the days of cases [5]")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", choices=("table", "json"), default="table")
    parser.add_argument("--no-speed", action="store_true", help="leave out the 10,000 workspaces")
    options = parser.parse_args()
    try:
        public = read_series([options.public]) if options.public.exists() else None
        series = read_series(options.series) if options.series else public
        if series is None:
            parser.error(f"there are no public series at {options.public}; name a file with --series")
        speed = None if options.no_speed else measure_speed()
        outcome = run(
            series,
            step=options.origins_every,
            seed=options.seed,
            public=public if options.series else None,
            is_shipped=bool(options.series),
            autoets=None if options.autoets is None else pd.read_csv(options.autoets),
            users=measure_users(Method.default()),
            seconds=np.nan if speed is None else float(speed["together, s"]),
        )
    except (SeriesError, Unmeasurable) as error:
        parser.error(str(error))
    protocol = "ours and others cross-validated by group"
    if options.series:
        others = "cross-validated by group" if public is None else "fitted on the public series"
        protocol = f"ours as shipped, others {others}"
        if known := already_public(series, public or []):
            protocol += (
                f"; {known} of the series are public: ours was fitted on them, so its scores are flattering"
            )
    if options.output == "json":
        print(as_json(outcome, speed, protocol=protocol, series=len(series)))
    else:
        print(f"{len(series)} series, {protocol}; days capped at {CAP_DAYS}\n")
        for part in (outcome.table, outcome.families, outcome.users, outcome.others, outcome.reached):
            if part is not None:
                print(part.to_string(float_format=lambda value: f"{value:.3f}"), "\n")
        print(f"ours: {outcome.milliseconds:.3f} ms a case whose demand is measured\n")
        if speed is not None:
            print(speed.to_string(), f"\n{speed.name}\n")
    raise SystemExit(0 if outcome.reached["floor held"].all() else 1)


def already_public(series: Sequence[DailySeries], public: Sequence[DailySeries]) -> int:
    """How many of the series have the values of a public one."""
    known = {one.values.tobytes() for one in public}
    return sum(one.values.tobytes() in known for one in series)


def as_json(outcome: Outcome, speed: pd.Series | None, *, protocol: str, series: int) -> str:
    """The figures as JSON."""
    tables = {"methods": outcome.table, "parts": outcome.families, "users": outcome.users}
    tables |= {"with_autoets": outcome.others}
    report = {
        name: None if part is None else json.loads(part.to_json(orient="index"))
        for name, part in tables.items()
    }
    report |= {"targets": json.loads(outcome.reached.to_json(orient="index"))}
    report |= {"speed": None if speed is None else speed.to_dict(), "ms_a_case": outcome.milliseconds}
    return json.dumps({"series": series, "protocol": protocol, **report}, indent=1)


if __name__ == "__main__":
    main()
