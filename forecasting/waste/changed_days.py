"""Which days of generations are to be scored again: those of which a feature can have changed.

A day is described by the hashes of its cases and of the labels that were settled on it. A model scores a case
from the case itself and from the labels of the RATE_DAYS before its day, so all other cases keep their
probabilities until the model changes.

Not here: how days are hashed (dbt facts), or which cases a model is trained on (evaluation.py).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.waste.features import RATE_DAYS, Ints

COLUMNS = ["kind", "day", "found", "hash"]
CASES, TRAINING, MODEL = "cases", "training", "model"
LABELS = ("labels", "overruled")


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


def cases_on(now: pd.DataFrame, days: Ints) -> int:
    """How many cases these days have."""
    return int(now.loc[(now["kind"] == CASES) & now["day"].isin(days), "found"].sum())


def has_labels(now: pd.DataFrame) -> bool:
    """Whether any label is known."""
    return bool(now["kind"].isin(LABELS).any())


def _days_of_cases(now: pd.DataFrame) -> Ints:
    return np.sort(now.loc[now["kind"] == CASES, "day"].to_numpy(dtype=np.int64))


def _changed(before: pd.DataFrame, now: pd.DataFrame, kinds: tuple[str, ...]) -> Ints:
    """The days whose number of rows or whose hash differs, or which only one of both has."""
    both = pd.concat([frame.loc[frame["kind"].isin(kinds), COLUMNS] for frame in (before, now)])
    return both.drop_duplicates(keep=False)["day"].drop_duplicates().to_numpy(dtype=np.int64)
