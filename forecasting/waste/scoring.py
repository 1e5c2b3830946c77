"""Probabilities of waste: as known right after each case was made, and for what is still pending now.

Not here: how rule and models are trained and chosen (model.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecasting.waste.baseline import Rule
from forecasting.waste.features import Cases, Floats, LabelHistory
from forecasting.waste.hazards import LAST, STRETCH_ENDS, predict_hazards, stretch_at, waste_probability
from forecasting.waste.matrix import build_features

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

PERIODS = (7, 30, 90)
RANGE_SDS = 1.2816  # of a normal distribution, to 10 and 90 %


@dataclass(frozen=True)
class RuleState:
    """All the rule needs besides the labels of the past.

    Attributes:
        strengths: of shrinking, by kind of group.
        shifts: log odds to add for a case still unsettled at the start of each stretch.
        dispersion: how much wider totals spread than by chance alone, when predicted by the rule.
    """

    strengths: Mapping[str, float]
    shifts: tuple[float, ...]
    dispersion: float

    def to_json(self) -> str:
        """As text; `model.read_rule` reads it."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class WasteProbabilities:
    """Probabilities of cases to end as waste.

    Attributes:
        at_first: as known right after each was made.
        now: of those that are still unsettled at the end of as_of, given that.
    """

    at_first: Floats
    now: Floats


def predict_waste(
    rule: RuleState, boosted: BaseEstimator | None, history: LabelHistory, cases: Cases, *, as_of: int
) -> WasteProbabilities:
    """The probability of each case to end as waste; by the rule without a boosted model.

    Raises:
        LeakageError: a feature was known later than its case was made.
    """
    features, predicted = build_features(Rule(rule.strengths), history, cases)
    stretch = stretch_at(cases, cut=as_of)
    if boosted is not None:
        ahead = waste_probability(predict_hazards(boosted, features.matrix()))
        return WasteProbabilities(ahead[:, 0], ahead[np.arange(len(ahead)), stretch])
    odds = np.log(predicted / (1 - predicted)) + np.array(rule.shifts)[stretch]
    return WasteProbabilities(predicted, 1 / (1 + np.exp(-odds)))


def shifts_of(known: Cases, predicted: Floats) -> tuple[float, ...]:
    """Log odds to add to the rule's for cases still unsettled at the start of each stretch."""
    shifts = [0.0]
    for start in STRETCH_ENDS[:LAST]:
        left = known.settled_hours >= start
        # pseudo-labels that agree with the rule keep few labels from weighing much
        count = left.sum() + 20.0
        mean = float((predicted[left].sum() + 20.0 * predicted.mean()) / count) if len(known) else 0.5
        true = float((known.is_wasted[left].sum() + 20.0 * mean) / count)
        shifts.append(_log_odds(true) - _log_odds(mean))
    return tuple(shifts)


def _log_odds(probability: float) -> float:
    probability = min(max(probability, 0.001), 0.999)
    return float(np.log(probability / (1 - probability)))


def pending_sums(cases: pd.DataFrame, known: Cases, now: Floats, *, as_of: int) -> pd.DataFrame:
    """What the pending cases of a frame add to the totals of their workspaces.

    Args:
        cases: with workspace_id. known: the same as arrays. now: their probabilities. as_of: a local day.

    Returns:
        workspace_id, period, and sums of pending credits, of expected waste and of its variance if cases
        were independent; sums of parts may be added up.
    """
    pending = np.flatnonzero(known.is_pending)
    credits, probability, age = known.credits[pending], now[pending], as_of - known.day[pending]
    each = pd.DataFrame(
        {
            "workspace_id": cases["workspace_id"].to_numpy()[pending],
            "pending": credits,
            "expected": credits * probability,
            "variance": credits**2 * probability * (1 - probability),
        }
    )
    periods = [each[age < days].assign(period=f"{days}d") for days in PERIODS]
    return pd.concat(periods).groupby(["workspace_id", "period"], as_index=False).sum()


def pending_waste(sums: pd.DataFrame, *, dispersion: float, is_informed: bool) -> pd.DataFrame:
    """Pending credits expected to end as waste, with the 80 % range.

    Args:
        sums: of `pending_sums`, one row for each workspace and period.
        dispersion: variance of such totals, by that of independent cases.
        is_informed: whether any label is known; without one there is no row.

    Returns:
        workspace_id, period, and expected_credits, low_credits, high_credits: between 0 and what is pending.
    """
    spread = RANGE_SDS * np.sqrt(dispersion * sums["variance"])
    expected = pd.DataFrame(
        {
            "workspace_id": sums["workspace_id"],
            "period": sums["period"],
            "expected_credits": sums["expected"],
            "low_credits": (sums["expected"] - spread).clip(lower=0.0),
            "high_credits": np.minimum(sums["expected"] + spread, sums["pending"]),
        }
    )
    return expected if is_informed else expected.iloc[:0]
