"""Probabilities of waste: as known right after each case was made, and for what is still pending now.

A day of cases is scored again only if a feature of it can have changed: it is described by the hashes of its
cases and of the labels that were settled on it, and a case is scored from itself and from the labels of the
RATE_DAYS before its day. All other cases keep their probabilities until the model changes.

Not here: how rule and models are trained and chosen (model.py), or how days are hashed (dbt facts).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from forecasting.waste.baseline import Rule
from forecasting.waste.features import RATE_DAYS, Cases, Floats, Ints, LabelHistory
from forecasting.waste.hazards import (
    LAST,
    STRETCH_ENDS,
    Hazards,
    predict_hazards,
    stretch_at,
    waste_probability,
)
from forecasting.waste.matrix import build_features
from forecasting.waste.trees import Trees

RANGE_SDS = 1.2816  # of a normal distribution, to 10 and 90 %
# of what a day hashes to
COLUMNS = ["kind", "day", "found", "hash"]
CASES, TRAINING, MODEL = "cases", "training", "model"
LABELS = ("labels", "overruled")


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
    rule: RuleState, boosted: Hazards[Trees] | None, history: LabelHistory, cases: Cases, *, as_of: int
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


def pending_sums(cases: pd.DataFrame, known: Cases, now: Floats) -> pd.DataFrame:
    """What the pending cases of a frame add to the days of their workspaces.

    Args:
        cases: with workspace_id. known: the same as arrays. now: their probabilities.

    Returns:
        workspace_id, day (local, counted from 1970), and sums of pending credits, of expected waste and of
        its variance if cases were independent; sums of parts may be added up.
    """
    pending = np.flatnonzero(known.is_pending)
    credits, probability = known.credits[pending], now[pending]
    each = pd.DataFrame(
        {
            "workspace_id": cases["workspace_id"].to_numpy()[pending],
            "day": known.day[pending],
            "pending": credits,
            "expected": credits * probability,
            "variance": credits**2 * probability * (1 - probability),
        }
    )
    return each.groupby(["workspace_id", "day"], as_index=False).sum()


def pending_waste(
    days: pd.DataFrame, periods: pd.DataFrame, *, dispersion: float, is_informed: bool
) -> pd.DataFrame:
    """Pending credits expected to end as waste, with the 80 % range.

    Args:
        days: of `pending_sums`.
        periods: workspace_id, period, and first_day and last_day of each, counted from 1970.
        dispersion: variance of such totals, by that of independent cases.
        is_informed: whether any label is known; without one there is no row.

    Returns:
        workspace_id, period, and expected_credits, low_credits, high_credits: between 0 and what is pending.
    """
    within = days.merge(periods, on="workspace_id").query("first_day <= day <= last_day")
    sums = within.groupby(["workspace_id", "period"], as_index=False)[
        ["pending", "expected", "variance"]
    ].sum()
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


def is_trained_on_the_same(before: pd.DataFrame, now: pd.DataFrame) -> bool:
    """Whether what a model is trained on has not changed.

    Args:
        before, now: COLUMNS of the last run and of this one; day is a local day, counted from 1970.
    """
    days = _changed(before, now, (TRAINING,))
    return len(days) == 0 and bool((before["kind"] == TRAINING).any())


def with_model(days: pd.DataFrame, model: str, *, day: int) -> pd.DataFrame:
    """The days, and a row for all else that probabilities depend on.

    Args:
        model: that, as text. day: as_of.
    """
    row = pd.DataFrame([{"kind": MODEL, "day": day, "found": 0, "hash": model}])
    return pd.concat([days, row], ignore_index=True)


def days_to_score(before: pd.DataFrame, now: pd.DataFrame, *, pending_since: int) -> Ints:
    """The days of cases whose probabilities can have changed, and those since `pending_since`; rising.

    What is pending is scored by the time it has waited as well, so its days are always scored.

    Args:
        before, now: COLUMNS of the last run and of this one, with the model.
    """
    cases = _days_of_cases(now)
    if set(before.loc[before["kind"] == MODEL, "hash"]) != set(now.loc[now["kind"] == MODEL, "hash"]):
        return cases
    settled = _changed(before, now, LABELS)
    rated = np.unique(settled[:, None] + np.arange(1, RATE_DAYS + 1))
    is_scored = (cases >= pending_since) | np.isin(cases, rated)
    return cases[is_scored | np.isin(cases, _changed(before, now, (CASES,)))]


def other_days(now: pd.DataFrame, days: Ints) -> Ints:
    """The days of cases that are not among `days`."""
    return np.setdiff1d(_days_of_cases(now), days)


def cases_on(now: pd.DataFrame, days: Ints) -> Ints:
    """How many cases each of these days has."""
    found = now[now["kind"] == CASES].set_index("day")["found"]
    return found.reindex(days, fill_value=0).to_numpy(dtype=np.int64)


def has_labels(now: pd.DataFrame) -> bool:
    """Whether any label is known."""
    return bool(now["kind"].isin(LABELS).any())


def _days_of_cases(now: pd.DataFrame) -> Ints:
    return np.sort(now.loc[now["kind"] == CASES, "day"].to_numpy(dtype=np.int64))


def _changed(before: pd.DataFrame, now: pd.DataFrame, kinds: tuple[str, ...]) -> Ints:
    """The days whose number of rows or whose hash differs, or which only one of both has."""
    both = pd.concat([frame.loc[frame["kind"].isin(kinds), COLUMNS] for frame in (before, now)])
    return both.drop_duplicates(keep=False)["day"].drop_duplicates().to_numpy(dtype=np.int64)
