"""Waste by hazards: how likely a case is settled in each stretch of time after it was made, and how.

Two questions, and a model of each: whether a case still unsettled is settled in a stretch, and if so, whether
as waste. The second one needs a row for each settled case only, and both together half of the trees that one
model of three outcomes needs.

A case that is not settled yet counts in the stretches it has lived through, so a young case is never taken
for one that was not wasted (discrete-time survival with competing risks; G. Tutz and M. Schmid, Modeling
Discrete Time-to-Event Data, 2016). Nothing is resampled and no class is weighted: that would break
calibration.

Not here: what is known of a case (features.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from forecasting.waste.features import DAY_US, HOUR_US, Cases, Floats, Ints
from forecasting.waste.trees import MAX_LEAVES, Trees

if TYPE_CHECKING:  # scikit-learn is imported where a model is made, since most processes make none
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline

# hours at which the stretches end; a case unsettled at the end of the last one counts as unused
STRETCH_ENDS = (6.0, 24.0, 72.0, 168.0, 336.0)
LAST = len(STRETCH_ENDS) - 1
UNSETTLED, SAVED, WASTED = 0, 1, 2
# two are a quarter faster on an idle machine, and ten times slower next to another process
ONE_THREAD = 1
M = TypeVar("M", bound=Any)


@dataclass(frozen=True)
class Hazards(Generic[M]):
    """A model of each question, on the features of a case and the number of the stretch.

    Attributes:
        settled: whether a case is settled in a stretch; the last stretch settles every case.
        wasted: whether what is settled in it is wasted.
    """

    settled: M
    wasted: M


def boosting(seed: int) -> HistGradientBoostingClassifier:
    """The candidate: gradient-boosted trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=30,
        learning_rate=0.15,
        max_leaf_nodes=MAX_LEAVES,
        min_samples_leaf=100,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )


def logistic(width: int) -> Pipeline:
    """Its interpretable twin: logistic regression on the same columns, the stretch last."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    stretch = OneHotEncoder(categories=[np.arange(len(STRETCH_ENDS))])
    columns = make_column_transformer((StandardScaler(), list(range(width))), (stretch, [width]))
    return make_pipeline(columns, LogisticRegression(solver="newton-cholesky", C=0.1, max_iter=50))


@dataclass(frozen=True)
class LivedStretches:
    """A row for each stretch that a case is known to have lived through.

    Attributes:
        case: its index. stretch: from 0. became: UNSETTLED, SAVED or WASTED at the end of the stretch.
    """

    case: Ints
    stretch: Ints
    became: Ints


def lived_stretches(cases: Cases, *, cut: int) -> LivedStretches:
    """What was known of each case at the end of the local day `cut`; only whole stretches count."""
    lived_hours = ((cut + 1) * DAY_US - cases.made_us) / HOUR_US
    settled_in = np.minimum(np.searchsorted(STRETCH_ENDS, cases.settled_hours), LAST)
    parts = []
    for stretch, end in enumerate(STRETCH_ENDS):
        # the last one ends with the label itself
        is_over = cases.known_day <= cut if stretch == LAST else end <= lived_hours
        lived = np.flatnonzero((settled_in >= stretch) & is_over)
        became = np.where(
            settled_in[lived] > stretch, UNSETTLED, np.where(cases.is_wasted[lived], WASTED, SAVED)
        )
        parts.append((lived, np.full(len(lived), stretch), became))
    return LivedStretches(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def can_be_fitted(lived: LivedStretches) -> bool:
    """Whether enough cases of each outcome are known to train on."""
    early = lived.became[lived.stretch < LAST]
    seen = [*np.bincount(lived.became, minlength=3), np.count_nonzero(early != UNSETTLED)]
    return min(seen) >= 100


def fit(make: Callable[[], M], matrix: NDArray[np.float32], lived: LivedStretches) -> Hazards[M]:
    """Fit estimators on the lived stretches of cases, whose features are the rows of the matrix."""
    columns = np.column_stack([matrix[lived.case], lived.stretch.astype(np.float32)])
    is_early, is_settled = lived.stretch < LAST, lived.became != UNSETTLED
    with threadpool_limits(ONE_THREAD):
        return Hazards(
            make().fit(columns[is_early], is_settled[is_early]),
            make().fit(columns[is_settled], lived.became[is_settled] == WASTED),
        )


def predict_hazards(model: Hazards[Trees] | Hazards[Pipeline], matrix: NDArray[np.float32]) -> Floats:
    """The probability of each outcome of each stretch, for a case still unsettled at its start.

    Returns:
        Shape (cases, stretches, 3): unsettled, saved, wasted. The last stretch settles every case.
    """
    settled = np.ones((len(matrix), len(STRETCH_ENDS)))
    settled[:, :LAST] = _probabilities(model.settled, matrix, stretches=LAST)
    wasted = _probabilities(model.wasted, matrix, stretches=len(STRETCH_ENDS))
    return np.stack([1 - settled, settled * (1 - wasted), settled * wasted], axis=2)


def _probabilities(model: Trees | Pipeline, matrix: NDArray[np.float32], *, stretches: int) -> Floats:
    if isinstance(model, Trees):
        return model.probabilities(matrix, stretches=stretches)
    of_each = [np.full(len(matrix), stretch, dtype=np.float32) for stretch in range(stretches)]
    with threadpool_limits(ONE_THREAD):
        found = [model.predict_proba(np.column_stack([matrix, stretch]))[:, 1] for stretch in of_each]
    return np.column_stack(found)


def waste_probability(probabilities: Floats) -> Floats:
    """The probability to end as waste of a case unsettled at the start of each stretch.

    Args:
        probabilities: of `predict_hazards`.

    Returns:
        Shape (cases, stretches).
    """
    ahead = np.empty(probabilities.shape[:2])
    later = np.zeros(len(probabilities))
    for stretch in reversed(range(probabilities.shape[1])):
        later = probabilities[:, stretch, WASTED] + probabilities[:, stretch, UNSETTLED] * later
        ahead[:, stretch] = later
    return ahead


def stretch_at(cases: Cases, *, cut: int) -> Ints:
    """The stretch each case is in at the end of the day `cut`."""
    lived_hours = ((cut + 1) * DAY_US - cases.made_us) / HOUR_US
    return np.minimum(np.searchsorted(STRETCH_ENDS, lived_hours, side="right"), LAST)
