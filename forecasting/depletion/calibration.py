"""How far real depletions stray from the point path: quantiles of the ratio, fitted on series, kept as JSON.

After split conformal prediction with normalised scores (Papadopoulos et al. 2002; Lei et al. 2018): a score
is log((days + 1/2) / (days expected + 1/2)), divided by a scale that the variation of the case's weeks
predicts. Not here: the point path (demand.py), or lots (runway.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from forecasting.depletion.demand import Bools, Demand, Floats, days_until, expected_by
from forecasting.ledger import Ints
from forecasting.seasonality import Clock

LEVELS = (0.005, 0.01, 0.025, *(round(0.05 * step, 2) for step in range(1, 20)), 0.975, 0.99, 0.995)
YOUNG_DAYS = 28  # a history shorter than that has ranges of its own
VARIATION_OFFSET = 0.05
SCALE_BOUNDS = (0.1, 4.0)
SCALE_BINS = 10
MEDIAN = LEVELS.index(0.5)
OUTER_DAYS = 400.0  # a knot of its own, with the scores of the last one that was fitted
LOWER, UPPER = LEVELS.index(0.25), LEVELS.index(0.75)
EARLY, LATE = (
    LEVELS.index(0.1) + 1,
    LEVELS.index(0.9),
)  # levels before the one are early, from the other on late
SHIPPED = Path(__file__).with_name("calibration.json")


class CalibrationError(ValueError):
    """A calibration cannot be used; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Calibration:
    """The quantiles of normalised scores, and what predicts their scale.

    Attributes:
        log_days: knots, log(days expected + 1/2), ascending.
        scores: at each knot, the score at each of `LEVELS`; ascending along the levels.
        young_scores: at each level, for histories under `YOUNG_DAYS`.
        scale_intercept, scale_slope: log scale = intercept + slope x log(variation + `VARIATION_OFFSET`).
        facts: what it was fitted on and how it scored; the forecast does not use it.
    """

    log_days: tuple[float, ...]
    scores: tuple[tuple[float, ...], ...]
    young_scores: tuple[float, ...]
    scale_intercept: float
    scale_slope: float
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The first 12 digits of the hash."""
        return self.hash[:12]

    @property
    def hash(self) -> str:
        """SHA-256 of the content."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def to_json(self) -> str:
        """The content and its hash, as `from_json` reads it."""
        return json.dumps({**asdict(self), "hash": self.hash}, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str, *, name: str) -> Calibration:
        """Reads what `to_json` wrote.

        Raises:
            CalibrationError: the text is not a calibration, or does not match its hash; it names `name`.
        """
        try:
            content = json.loads(text)
            hashed = content.pop("hash")
            for part in ("log_days", "young_scores"):
                content[part] = tuple(content[part])
            content["scores"] = tuple(map(tuple, content["scores"]))
            found = cls(**content)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CalibrationError(
                f"{name} must be a calibration; it cannot be read ({error}). {_REMEDY}"
            ) from None
        if found.hash != hashed:
            raise CalibrationError(
                f"{name} must have the content it was hashed with, {str(hashed)[:12]}; "
                f"found {found.version}. {_REMEDY}"
            )
        return found

    def scale(self, variation: Floats) -> Floats:
        """How wide the scores of each case are, relative to the average."""
        log_scale = self.scale_intercept + self.scale_slope * np.log(variation + VARIATION_OFFSET)
        return np.clip(np.exp(log_scale), *SCALE_BOUNDS)


_REMEDY = "Fit it again with `credits calibrate`, or restore the file of the project."


@cache
def shipped_calibration() -> Calibration:
    """The calibration that comes with the project, fitted on public series.

    Raises:
        CalibrationError: the file was changed.
    """
    return Calibration.from_json(SHIPPED.read_text(encoding="utf-8"), name=SHIPPED.name)


@dataclass(frozen=True)
class DemandPaths:
    """Demand of each case at each of some levels of its depletion: a low level is high demand.

    The path of level q uses any amount up on the day by which the probability of its being used up is q. The
    paths of two levels never cross.
    """

    demand: Demand
    clock: Clock
    knots: Floats  # log(days of the clock expected + 1/2), (1, 1, knots)
    warped: Floats  # log(days of the clock at the level + 1/2), (cases, levels, knots), ascending along both

    @classmethod
    def from_calibration(cls, demand: Demand, calibration: Calibration) -> DemandPaths:
        """The paths at `LEVELS`."""
        knots = np.append(calibration.log_days, np.log(OUTER_DAYS))
        old = np.array([*calibration.scores, calibration.scores[-1]]).T[None]
        young = np.array(calibration.young_scores)[None, :, None]
        is_young = (demand.history_days < YOUNG_DAYS)[:, None, None]
        medians = old[:, [MEDIAN]]
        scale = calibration.scale(demand.variation)[:, None, None]
        # what was cut short could have been any amount more: no reason to be late, but to be less sure
        width = calibration.scale(np.maximum(demand.variation, demand.cut_share))[:, None, None]
        centre = scale * medians * (1 - _steadiness(scale))
        spread = width * (np.where(is_young, young, old) - medians)
        warped = _reaching_to_change(knots + centre + spread, spread, knots, demand)
        # strictly ascending, so that days follow from demand and demand from days; never later for that
        warped = np.maximum.accumulate(warped, axis=2) - 1e-6 * np.arange(len(knots))[::-1]
        return cls(demand, demand.seasonality.clock(), knots[None, None], warped)

    def __getitem__(self, cases: Ints) -> DemandPaths:
        return DemandPaths(self.demand[cases], self.clock[cases], self.knots, self.warped[cases])

    def if_lasting(self) -> DemandPaths:
        """The paths if demand that has fallen stays where it is: `Demand.if_lasting`."""
        return replace(self, demand=self.demand.if_lasting())

    def at(self, levels: Sequence[int]) -> DemandPaths:
        """The paths at these indexes of `LEVELS`."""
        return DemandPaths(self.demand, self.clock, self.knots, self.warped[:, list(levels)])

    def by(self, days: Floats) -> Floats:
        """Demand summed over the next `days` on each path; days of shape (cases, levels or 1, …)."""
        elapsed = self.clock.elapsed(days)
        expected = np.exp(_ramps(np.log(elapsed + 0.5), self.warped, self.knots)) - 0.5
        return np.where(days > 0, expected_by(self.demand, np.maximum(expected, 0.0)), 0.0)

    def until(self, total: Floats) -> Floats:
        """Days until the demand of each path sums to `total`, shape (cases, levels or 1, …)."""
        expected = days_until(self.demand, total)
        is_finite = np.isfinite(expected)
        log_expected = np.log(np.where(is_finite, expected, 0.0) + 0.5)
        elapsed = np.maximum(np.exp(_ramps(log_expected, self.knots, self.warped)) - 0.5, 0.0)
        days = np.where(is_finite, self.clock.calendar(elapsed), np.inf)
        return np.where(total > 0, days, 0.0)


def _reaching_to_change(warped: Floats, spread: Floats, knots: Floats, demand: Demand) -> Floats:
    """Where demand has changed lastingly, ranges from P10 to P90 that hold what comes if it goes on so.

    Where it has fallen, the date at what is used since takes the place of P75, and later levels are as far
    from it as they were; where it has risen, the date if it grows as it did takes that of P25.
    """
    expected, warped = np.exp(knots)[None] - 0.5, warped.copy()
    fallen, risen = np.flatnonzero(demand.has_fallen), np.flatnonzero(demand.has_risen)
    days = expected_by(demand[fallen], expected) / demand.recent[fallen, None]
    late = np.log(days + 0.5)[:, None] + spread[fallen, LATE:] - spread[fallen, UPPER : UPPER + 1]
    warped[fallen, LATE:] = np.maximum(warped[fallen, LATE:], late)
    growth, level = (part[risen, None] for part in (demand.growth, demand.latest))
    days = np.log1p(growth * expected_by(demand[risen], expected) / level) / growth
    early = np.log(days + 0.5)[:, None] + spread[risen, :EARLY] - spread[risen, LOWER : LOWER + 1]
    warped[risen, :EARLY] = np.minimum(warped[risen, :EARLY], early)
    return warped


def _ramps(values: Floats, knots: Floats, heights: Floats) -> Floats:
    """Piecewise linear through (knots, heights) along their last axis, of slope 1 outside."""
    extra = (slice(None), slice(None)) + (None,) * (values.ndim - 2)
    first, last = knots[..., 0][extra], knots[..., -1][extra]
    result = heights[..., 0][extra] + np.minimum(values - first, 0) + np.maximum(values - last, 0)
    for step in range(knots.shape[-1] - 1):
        start, width = knots[..., step][extra], (knots[..., step + 1] - knots[..., step])[extra]
        height = (heights[..., step + 1] - heights[..., step])[extra]
        result = result + np.clip((values - start) / width, 0, 1) * height
    return result


@dataclass(frozen=True)
class Depletions:
    """What is fitted on: cases of which it is known when an amount was used up.

    Attributes:
        demand: as seen from each case's day.
        credits: the amount.
        days: continuous days until it was used up, or that were seen without it.
        is_seen: whether it was used up.
        weight: of each case; those of one series sum to the same.
    """

    demand: Demand
    credits: Floats
    days: Floats
    is_seen: Bools
    weight: Floats


def fit_calibration(cases: Depletions, *, facts: dict[str, Any], knots: int = 7) -> Calibration:
    """Fits the scale, then the quantiles of scores in bins of equal weight by days expected.

    A case that was not seen to its end counts as longer than it was seen (Kaplan and Meier 1958), so that
    amounts that outlast the series do not read as used up at its end.

    Raises:
        ValueError: there are fewer than 50 cases for each bin, or a bin has none that was seen to its end.
    """
    if len(cases.days) < 50 * (knots + 1):
        raise ValueError(
            f"a calibration needs {50 * (knots + 1)} cases; {len(cases.days)} were found. Give longer series."
        )
    expected = days_until(cases.demand, cases.credits)
    elapsed = cases.demand.seasonality.elapsed(cases.days)
    log_expected, score = np.log(expected + 0.5), np.log((elapsed + 0.5) / (expected + 0.5))
    log_variation = np.log(cases.demand.variation + VARIATION_OFFSET)
    is_old = cases.demand.history_days >= YOUNG_DAYS
    used = cases.is_seen & is_old
    _refuse_unseen(cases.is_seen[is_old])
    log_scale = _log_scale(log_variation[used], np.abs(score[used]), cases.weight[used])
    fitted = Calibration((), (), (), *log_scale, facts)
    scale = fitted.scale(cases.demand.variation)
    score = score / scale

    old, young = np.flatnonzero(is_old), np.flatnonzero(~is_old)
    bins = [old[part] for part in _bins(log_expected[old], cases.weight[old], knots)]
    centres = [float(np.average(log_expected[rows], weights=cases.weight[rows])) for rows in bins]

    def scores_of(rows: Ints) -> tuple[float, ...]:
        return _quantiles(score[rows], cases.is_seen[rows], cases.weight[rows])

    medians = [scores_of(rows)[MEDIAN] for rows in bins]
    score += np.interp(log_expected, centres, medians) * _steadiness(scale)
    scores = [scores_of(rows) for rows in bins]
    young_scores = scores[len(scores) // 2]
    if len(young) >= 50:
        young_scores = scores_of(young)
    rounded = tuple(tuple(round(value, 4) for value in row) for row in scores)
    return Calibration(
        tuple(round(centre, 4) for centre in centres),
        rounded,
        tuple(round(value, 4) for value in young_scores),
        *log_scale,
        facts,
    )


def _steadiness(scale: Floats) -> Floats:
    """How much of the median score is left out: the bursts that make it positive are no matter of steady use.

    Half of all depletions come after the day the mean level leads to, because bursts raise that level.
    """
    return 1 - np.clip((scale - SCALE_BOUNDS[0]) / (1 - SCALE_BOUNDS[0]), 0.0, 1.0)


def _refuse_unseen(is_seen: Bools) -> None:
    if not is_seen.any():
        raise ValueError("a calibration needs cases seen to their end at every horizon. Give longer series.")


def _bins(values: Floats, weight: Floats, count: int) -> list[Ints]:
    """The indexes of values in bins of about equal weight, ascending."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order])
    bins = np.minimum((share / share[-1] * count).astype(int), count - 1)
    parts = (order[bins == number] for number in range(count))
    return [part for part in parts if len(part)]


def _log_scale(log_variation: Floats, size: Floats, weight: Floats) -> tuple[float, float]:
    """Intercept and slope of the log of the median size of scores, over the log of the variation.

    A line through the medians of bins: one through all cases would be too flat, for the smallest scores,
    which are small by chance, weigh most in logs.
    """
    centres, medians = [], []
    for part in _bins(log_variation, weight, SCALE_BINS):
        by_size = part[np.argsort(size[part], kind="stable")]
        reached = np.cumsum(weight[by_size])
        median = np.interp(reached[-1] / 2, reached, size[by_size])
        centres.append(np.average(log_variation[part], weights=weight[part]))
        medians.append(np.log(max(median, 1e-6)))
    slope, intercept = np.polyfit(np.array(centres), np.array(medians), 1)
    mean = np.average(intercept + slope * log_variation, weights=weight)
    return round(float(intercept - mean), 4), round(float(slope), 4)


def _quantiles(scores: Floats, is_seen: Bools, weight: Floats) -> tuple[float, ...]:
    """Weighted Kaplan-Meier quantiles at `LEVELS`.

    Beyond the last score seen they go on as a normal's would, from the median, or from half of what was
    reached where most cases are longer than was seen.
    """
    _refuse_unseen(is_seen)
    order = np.lexsort((~is_seen, scores))
    scores, is_seen, weight = scores[order], is_seen[order], weight[order]
    at_risk = np.cumsum(weight[::-1])[::-1]
    survival = np.cumprod(np.where(is_seen, 1 - weight / at_risk, 1.0).clip(0, 1))
    reached = 1 - survival[is_seen]
    middle = (np.concatenate([[0.0], reached[:-1]]) + reached) / 2
    seen = scores[is_seen]
    values = np.interp(LEVELS, middle, seen)
    last, inner = min(middle[-1], 1 - 1e-6), min(0.5, middle[-1] / 2)
    at_inner, at_last, *at_levels = map(NormalDist().inv_cdf, (inner, last, *LEVELS))
    slope = (seen[-1] - np.interp(inner, middle, seen)) / (at_last - at_inner)
    values = np.where(np.array(LEVELS) > last, seen[-1] + slope * (np.array(at_levels) - at_last), values)
    return tuple(float(value) for value in np.maximum.accumulate(values))
