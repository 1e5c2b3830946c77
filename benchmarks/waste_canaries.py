"""Two mistakes that must be caught before a waste classifier is believed, made on purpose.

What is measured of it does not belong here: that is waste.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecasting.waste.evaluation import TEST_WEEKS, evaluate
from forecasting.waste.features import Cases, LeakageError
from forecasting.waste.matrix import Features
from forecasting.waste.promotion import objections

TOLD_WRONG = 0.1


def shuffled_time(cases: Cases, *, as_of: int, maturity_days: int, seed: int) -> str | None:
    """What refuses cases whose times were shuffled; None if nothing does."""
    order = np.random.default_rng(seed).permutation(len(cases))
    mixed = replace(cases, made_us=cases.made_us[order], day=cases.day[order])
    try:
        evaluate(mixed, as_of=as_of, maturity_days=maturity_days, seed=seed)
    except LeakageError as error:
        return str(error)
    return None


def leaking(cases: Cases, *, seed: int) -> Features:
    """A feature that knows how nine of ten cases ended, and claims to have been known at once."""
    rng = np.random.default_rng(seed)
    is_wrong = rng.random(len(cases)) < TOLD_WRONG
    return Features(
        {"planted_leak": (cases.is_wasted ^ is_wrong).astype(float)}, {"planted_leak": cases.made_us}
    )


def planted_leak(
    cases: Cases, *, as_of: int, maturity_days: int, seed: int, weeks: int = TEST_WEEKS
) -> str | None:
    """What keeps a model with a planted leak from being used; None if nothing does or can be tested."""
    evaluation = evaluate(
        cases,
        as_of=as_of,
        maturity_days=maturity_days,
        seed=seed,
        weeks=weeks,
        added=leaking(cases, seed=seed),
    )
    if evaluation is None:
        return None
    return next((reason for reason in objections(evaluation) if "leak" in reason), None)
