"""The baseline rule: waste is as frequent as in the case's own group, shrunk where few labels are known.

Groups are nested; each rate is that of its own labels and of pseudo-labels at the rate of the wider group, as
many as the labels themselves suggest (empirical Bayes). A model is used only if it beats the rule.

Not here: which labels were known when (features.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecasting.waste.features import RATE_DAYS, Cases, Floats, Ints, LabelHistory, numbered

# kind of group -> the wider kind its rate is shrunk towards, wider ones first
PARENTS = {
    "workspace": "all",
    "type": "workspace",
    "category": "workspace",
    "ruleset": "workspace",
    "template": "workspace",
    "model": "workspace",
    "member": "workspace",
    "type_category": "type",
    "type_attempt": "type",
    "ruleset_attempt": "type_attempt",
}
RULE_GROUP = "ruleset_attempt"
_STRENGTHS = (2.0, 500.0)


@dataclass(frozen=True)
class Rule:
    """How many pseudo-labels at the rate of the wider group each kind of group gets."""

    strengths: Mapping[str, float]

    @classmethod
    def fit(cls, cases: Cases, *, cut: int) -> Rule:
        """Strengths by the method of moments, from the labels settled in the RATE_DAYS up to the day cut.

        Source: B. Efron and C. Morris, "Data analysis using Stein's estimator and its generalizations",
        JASA 70 (1975); moments of the beta-binomial as in A. Gelman et al., Bayesian Data Analysis, 5.
        """
        known = np.flatnonzero((cases.settled_day <= cut) & (cases.settled_day > cut - RATE_DAYS))
        labels = cases.is_wasted[known].astype(float)
        groups = {"all": np.zeros(len(known), dtype=np.int64)}
        rates = {"all": np.array([(labels.sum() + 0.5) / (len(known) + 1)])}
        strengths = {}
        for kind, parent in PARENTS.items():
            codes, group = numbered(cases.groups[kind][known])
            groups[kind] = group
            size, wasted = (
                np.bincount(group, weights=weights, minlength=len(codes)).astype(np.float64)
                for weights in (None, labels)
            )
            # a group lies within one wider group
            wider = np.zeros(len(codes), dtype=np.int64)
            wider[group] = groups[parent]
            expected = rates[parent][wider]
            strengths[kind] = _strength(size, wasted, size * expected)
            rates[kind] = (wasted + strengths[kind] * expected) / (size + strengths[kind])
        return cls(strengths)

    def rates(self, history: LabelHistory, cases: Cases) -> tuple[dict[str, Floats], dict[str, Floats], Ints]:
        """The rate of each kind of group as it was known when each case was made.

        Returns:
            Rates, and labels behind them, by kind; and since when the newest of them was known.
        """
        everywhere = history.counts("all", cases)
        rates = {"all": (everywhere.wasted + 0.5) / (everywhere.labels + 1)}
        sizes = {"all": everywhere.labels}
        known_us = everywhere.known_us
        for kind, parent in PARENTS.items():
            counts, strength = history.counts(kind, cases), self.strengths[kind]
            rates[kind] = (counts.wasted + strength * rates[parent]) / (counts.labels + strength)
            sizes[kind] = counts.labels
            known_us = np.maximum(known_us, counts.known_us)
        return rates, sizes, known_us

    def predict(self, rates: Mapping[str, Floats]) -> Floats:
        """The rate of the narrowest group."""
        return rates[RULE_GROUP]


def _strength(size: Floats, wasted: Floats, expected: Floats) -> float:
    """Pseudo-labels that match how much groups differ from their parents beyond chance."""
    is_usable = size >= 2
    if is_usable.sum() < 2:
        return _STRENGTHS[1]
    size, wasted, expected = size[is_usable], wasted[is_usable], expected[is_usable]
    mean = expected / size
    chance = mean * (1 - mean)
    squares = ((wasted - expected) ** 2 - size * chance).sum()
    between = squares / (size**2 - size).sum()
    if between <= 0:
        return _STRENGTHS[1]
    within = float(np.average(chance, weights=size))
    return float(np.clip(within / between - 1, *_STRENGTHS))
