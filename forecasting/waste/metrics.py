"""Metrics of waste probabilities: average precision with its range, Brier score, calibration.

Not here: which cases are tested, and what models are trained on (evaluation.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.waste.features import Bools, Floats, Ints

BOOTSTRAP_SAMPLES = 200
BINS = 10
GROUP_SIZE = 200


@dataclass(frozen=True)
class Scores:
    """How accurate the probabilities of one model were.

    Attributes:
        average_precision: area under precision over recall; without any information it is the base rate.
        low, high: its 90 % range, by bootstrap over products.
        lead, lead_low, lead_high: its lead over the rule's, with the 90 % range; 0 for the rule.
        brier: mean squared difference to the outcomes.
        calibration_error: mean difference of predicted and true shares in ten bins of equal size.
        worst_group_error: the largest difference in a group of at least 200; NaN without such a group.
        worst_group: what kind of group that is.
    """

    average_precision: float
    low: float
    high: float
    lead: float
    lead_low: float
    lead_high: float
    brier: float
    calibration_error: float
    worst_group_error: float
    worst_group: str


def average_precision(labels: Bools, probabilities: Floats) -> float:
    """Area under the steps of precision over recall, equal probabilities as one step."""
    order = np.argsort(-probabilities, kind="stable")
    return _step_area(labels[order], _last_of_equals(probabilities[order]), np.ones(len(order)))


def _last_of_equals(ordered: Floats) -> Ints:
    return np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)


def _step_area(labels: Bools, steps: Ints, weights: Floats) -> float:
    found = np.cumsum(weights * labels)[steps]
    asked = np.cumsum(weights)[steps]
    if not found[-1]:
        return 0.0
    gained = np.diff(found, prepend=0.0)
    return float((gained * found / np.maximum(asked, 1e-12)).sum() / found[-1])


def bootstrap(
    labels: Bools, probabilities: Mapping[str, Floats], products: NDArray[np.uint64], *, seed: int
) -> dict[str, Floats]:
    """Average precision by bootstrap over whole products; the same samples for every model."""
    _, cluster = np.unique(products, return_inverse=True)
    ordered = {}
    for name, values in probabilities.items():
        order = np.argsort(-values, kind="stable")
        ordered[name] = labels[order], _last_of_equals(values[order]), cluster[order]
    rng = np.random.default_rng(seed)
    bootstrapped: dict[str, list[float]] = {name: [] for name in probabilities}
    for _ in range(BOOTSTRAP_SAMPLES):
        weights = rng.poisson(1.0, cluster.max() + 1).astype(float)
        for name, (labelled, steps, clusters) in ordered.items():
            bootstrapped[name].append(_step_area(labelled, steps, weights[clusters]))
    return {name: np.array(values) for name, values in bootstrapped.items()}


def score_model(
    labels: Bools,
    probabilities: Floats,
    bootstrapped: Mapping[str, Floats],
    name: str,
    groups: Mapping[str, NDArray[np.uint64]],
) -> Scores:
    low, high = np.quantile(bootstrapped[name], [0.05, 0.95])
    leads = bootstrapped[name] - bootstrapped["rule"]
    worst = {kind: group_errors(labels, probabilities, codes).worst for kind, codes in groups.items()}
    kind = max(worst, key=lambda of: -1.0 if np.isnan(worst[of]) else worst[of])
    own = average_precision(labels, probabilities)
    return Scores(
        average_precision=own,
        low=float(low),
        high=float(high),
        lead=float(np.median(leads)),
        lead_low=float(np.quantile(leads, 0.05)),
        lead_high=float(np.quantile(leads, 0.95)),
        brier=float(((probabilities - labels) ** 2).mean()),
        calibration_error=calibration_error(labels, probabilities),
        worst_group_error=worst[kind],
        worst_group=kind,
    )


def calibration_error(labels: Bools, probabilities: Floats) -> float:
    """Mean difference of predicted and true shares over BINS of equal size, of rising chance."""
    order = np.argsort(probabilities, kind="stable")
    gaps = np.cumsum((probabilities - labels)[order])
    ends = np.linspace(0, len(order), BINS + 1).astype(int)[1:]
    sums = np.diff(np.where(ends > 0, gaps[np.maximum(ends - 1, 0)], 0.0), prepend=0.0)
    return float(np.abs(sums).sum() / len(order))


@dataclass(frozen=True)
class GroupErrors:
    mean: float
    worst: float


def group_errors(labels: Bools, probabilities: Floats, codes: NDArray[np.uint64]) -> GroupErrors:
    _, group = np.unique(codes, return_inverse=True)
    size = np.bincount(group)
    gaps = np.abs(np.bincount(group, weights=probabilities - labels)) / size
    large = size >= GROUP_SIZE
    if not large.any():
        return GroupErrors(float("nan"), float("nan"))
    return GroupErrors(float(np.average(gaps[large], weights=size[large])), float(gaps[large].max()))
