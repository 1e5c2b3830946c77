"""Three deliberate mistakes that the evaluation of a waste classifier must catch.

Not here: the benchmark itself (waste.py).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecasting.waste.evaluation import TEST_WEEKS, evaluate
from forecasting.waste.features import UNKNOWN_DAY, Cases, LeakageError
from forecasting.waste.matrix import Features
from forecasting.waste.promotion import objections

WRONG_SHARE = 0.1


def shuffled_time(cases: Cases, *, as_of: int, maturity_days: int, seed: int) -> str | None:
    """The error that refuses cases with shuffled times; None if they are accepted."""
    order = np.random.default_rng(seed).permutation(len(cases))
    mixed = replace(cases, made_us=cases.made_us[order], day=cases.day[order])
    try:
        evaluate(mixed, as_of=as_of, maturity_days=maturity_days, seed=seed)
    except LeakageError as error:
        return str(error)
    return None


def early_final_labels(cases: Cases, *, as_of: int, maturity_days: int, seed: int) -> str | None:
    """The error that refuses final labels counted since an outcome that they overruled; None if accepted."""
    overruled = np.random.default_rng(seed).random(len(cases)) < WRONG_SHARE
    overruled &= cases.settled_day < UNKNOWN_DAY
    day, hours = np.where(overruled, cases.day, cases.opposite_day), cases.opposite_hours
    mixed = replace(
        cases,
        opposite_day=day,
        opposite_hours=np.where(overruled, 1.0, hours),
        settled_day=np.where(overruled, day, cases.settled_day),
        settled_hours=np.where(overruled, 1.0, cases.settled_hours),
    )
    try:
        evaluate(mixed, as_of=as_of, maturity_days=maturity_days, seed=seed)
    except LeakageError as error:
        return str(error)
    return None


def leaking_feature(cases: Cases, *, seed: int) -> Features:
    """A feature that knows how nine of ten cases ended, with a false stamp of being known at once."""
    rng = np.random.default_rng(seed)
    is_wrong = rng.random(len(cases)) < WRONG_SHARE
    return Features(
        {"planted_leak": (cases.is_wasted ^ is_wrong).astype(float)}, {"planted_leak": cases.made_us}
    )


def planted_leak(
    cases: Cases, *, as_of: int, maturity_days: int, seed: int, weeks: int = TEST_WEEKS
) -> str | None:
    """The objection to a model with a planted leak; None if there is none, or too little to test."""
    evaluation = evaluate(
        cases,
        as_of=as_of,
        maturity_days=maturity_days,
        seed=seed,
        weeks=weeks,
        added=leaking_feature(cases, seed=seed),
    )
    if evaluation is None:
        return None
    return next((reason for reason in objections(evaluation) if "leak" in reason), None)
