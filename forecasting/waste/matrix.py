"""The features of a case that a model uses, each with the time since which it was known.

Not here: what cases and labels are (features.py), or the rates of groups (baseline.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.waste.baseline import PARENTS, Rule
from forecasting.waste.features import (
    EVENT_FEATURES,
    HOUR_US,
    Cases,
    Floats,
    Ints,
    LabelHistory,
    LeakageError,
)

SIZED = ("workspace", "ruleset", "member")
# What models may use. Any other feature is compared with a model without it, and is taken for a leak by
# promotion.py if it lifts average precision by too much.
FEATURES = (
    *EVENT_FEATURES,
    "rate_of_all",
    *(f"rate_of_{kind}" for kind in PARENTS),
    *(f"labels_of_{kind}" for kind in SIZED),
)


@dataclass(frozen=True)
class Features:
    """What is known of cases, and since when.

    Attributes:
        values: name -> one value for each case.
        known_us: name -> local time since which each value was known.
    """

    values: Mapping[str, Floats]
    known_us: Mapping[str, Ints]

    def matrix(self) -> NDArray[np.float32]:
        """The values, a column for each feature."""
        return np.column_stack([values.astype(np.float32) for values in self.values.values()])


def refuse_later(features: Features, made_us: Ints) -> None:
    """Refuse features that were not known yet when the generation was made.

    Raises:
        LeakageError: one was known later, or the time since which it was known is missing.
    """
    unstamped = [name for name in features.values if name not in features.known_us]
    if unstamped:
        raise LeakageError(
            f"every feature has the times since which it was known; {', '.join(unstamped)} does not. "
            "Add its times to known_us, or remove it."
        )
    for name, known_us in features.known_us.items():
        later = np.flatnonzero(known_us > made_us)
        if len(later):
            hours = (known_us[later[0]] - made_us[later[0]]) / HOUR_US
            raise LeakageError(
                f"a feature is known when its generation is made; {name} of case {later[0]} became known "
                f"{hours:.1f} hours later ({len(later)} such cases). Use only what was known by then, or "
                "remove it."
            )


def build_features(
    rule: Rule, history: LabelHistory, cases: Cases, *, added: Features | None = None
) -> tuple[Features, Floats]:
    """What is known of each case when it is made, and the rate that the rule predicts from it.

    Args:
        rule: how strongly rates of groups are shrunk.
        history: the labels of the past.
        cases: to describe.
        added: more features of these cases, under trial.

    Raises:
        LeakageError: a feature was known later than its case was made.
    """
    rates, sizes, known_us = rule.rates(history, cases)
    values = dict(cases.events)
    values |= {f"rate_of_{kind}": _log_odds(rate) for kind, rate in rates.items()}
    values |= {f"labels_of_{kind}": np.log1p(sizes[kind]) for kind in SIZED}
    stamps = {name: cases.made_us if name in cases.events else known_us for name in values}
    if added is not None:
        values, stamps = {**values, **added.values}, {**stamps, **added.known_us}
    features = Features(values, stamps)
    refuse_later(features, cases.made_us)
    return features, rule.predict(rates)


def _log_odds(rate: Floats) -> Floats:
    return np.log(rate / (1 - rate))
