"""How well waste is predicted: each of the last weeks from what was known before it.

For every test week the rule and both models are fitted on what was known at the end of the day before it. A
label counts from the day it is known on, `maturity_days` after its generation at the earliest, so nothing
younger is used for training. Weeks are never mixed, and time is never shuffled.

Not here: what must be reached (promotion.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecasting.waste.baseline import Rule
from forecasting.waste.features import Bools, Cases, Floats, Ints, LabelHistory, LeakageError
from forecasting.waste.hazards import (
    MAX_BOOSTED,
    MAX_LOGISTIC,
    boosting,
    can_be_fitted,
    fit,
    lived_stretches,
    logistic,
    predict_hazards,
    waste_probability,
)
from forecasting.waste.matrix import FEATURES, Features, build_features

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

MODELS = ("rule", "logistic", "boosting")
TEST_WEEKS = 6
MIN_WEEKS = 3
MIN_TESTED = 500
MAX_TESTED = 20_000  # of a week
TRAINING_DAYS = 180
BOOTSTRAP_SAMPLES = 200
BINS = 10
GROUP_KINDS = ("workspace", "type", "category")
GROUP_SIZE = 200
MAX_IMPORTANCE_CASES = 4_000


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


@dataclass(frozen=True)
class Evaluation:
    """The test weeks together.

    Attributes:
        weeks, cases, base_rate: what was tested; the share that was wasted.
        scores: of each of MODELS.
        groups: model -> kind of group -> its calibration error, weighted by size.
        importance: feature -> by how much average precision drops if it is shuffled in the newest week.
        without, jump: average precision without added features, and by how much they lift it.
        dispersion: model -> how much wider totals of a workspace and week spread than by chance alone.
    """

    weeks: int
    cases: int
    base_rate: float
    scores: Mapping[str, Scores]
    groups: Mapping[str, Mapping[str, float]]
    importance: Mapping[str, float]
    without: float
    jump: float
    dispersion: Mapping[str, float]


@dataclass(frozen=True)
class _Week:
    test: Cases
    features: Features
    boosted: BaseEstimator
    probabilities: Mapping[str, Floats]


def evaluate(
    cases: Cases,
    *,
    as_of: int,
    maturity_days: int,
    seed: int,
    weeks: int = TEST_WEEKS,
    added: Features | None = None,
) -> Evaluation | None:
    """Score rule and models on the newest weeks whose labels are known.

    Args:
        cases: all that is known at the end of as_of, in an order that does not depend on delivery.
        as_of: a local day, counted from 1970.
        maturity_days: days content may wait for its outcome.
        seed: of samples and bootstrap.
        weeks: how many are tested.
        added: features under trial, of the same cases.

    Returns:
        None if too little is known to test anything.

    Raises:
        LeakageError: a feature or label was known later than it is used.
    """
    history = LabelHistory(cases)
    tested = []
    for back in range(weeks):
        last = as_of - maturity_days - 7 * back
        week = _test_week(cases, history, first=last - 6, last=last, as_of=as_of, seed=seed, added=added)
        if week is not None:
            tested.append(week)
    if len(tested) < MIN_WEEKS or sum(len(week.test) for week in tested) < MIN_TESTED:
        return None
    labels = np.concatenate([week.test.is_wasted for week in tested])
    if labels.all() or not labels.any():
        return None
    probabilities = {
        name: np.concatenate([week.probabilities[name] for week in tested])
        for name in tested[0].probabilities
    }
    groups = {kind: np.concatenate([week.test.groups[kind] for week in tested]) for kind in GROUP_KINDS}
    products = np.concatenate([week.test.product for week in tested])
    bootstrapped = _bootstrap(labels, {name: probabilities[name] for name in MODELS}, products, seed=seed)
    scores = {name: _scores(labels, probabilities[name], bootstrapped, name, groups) for name in MODELS}
    without = average_precision(labels, probabilities["without" if added is not None else "boosting"])
    return Evaluation(
        weeks=len(tested),
        cases=len(labels),
        base_rate=float(labels.mean()),
        scores=scores,
        groups={
            name: {
                kind: _group_errors(labels, probabilities[name], groups[kind]).mean for kind in GROUP_KINDS
            }
            for name in MODELS
        },
        importance=_importance(tested[0], seed=seed),
        without=without,
        jump=scores["boosting"].average_precision - without if added is not None else 0.0,
        dispersion={name: _dispersion(tested, name) for name in ("rule", "boosting")},
    )


def refuse_unknown_labels(train: Cases, test: Cases, *, cut: int) -> None:
    """Refuse a test week whose training data was not known before it, or that was itself known before.

    Raises:
        LeakageError: a training case was made after the cut, or a tested one before its end.
    """
    late, early = int((train.day > cut).sum()), int((test.day <= cut).sum())
    if late or early:
        raise LeakageError(
            f"a week is predicted from what was known before it; {late} training cases were made after day "
            f"{cut}, {early} tested ones up to it. Split by time, never at random."
        )


def fit_model(name: str, cases: Cases, features: Features, *, cut: int, seed: int) -> BaseEstimator | None:
    """A model of what was known at the end of the day `cut`; None if that is too little.

    Args:
        name: boosting or logistic.
        cases: to train on. features: theirs.
        cut: a local day. seed: of the sample, where there are more cases than improve a model.
    """
    limit = MAX_BOOSTED if name == "boosting" else MAX_LOGISTIC
    rows = _sample(np.arange(len(cases)), limit, seed)
    matrix = features.matrix()[rows]
    lived = lived_stretches(cases.take(rows), cut=cut)
    if not can_be_fitted(lived):
        return None
    return fit(boosting(seed) if name == "boosting" else logistic(matrix.shape[1]), matrix, lived)


def training_rows(cases: Cases, *, cut: int, seed: int) -> Ints:
    """The indexes of the cases that a model of the day `cut` is trained on."""
    is_recent = (cases.day <= cut) & (cases.day > cut - TRAINING_DAYS)
    return _sample(np.flatnonzero(is_recent), MAX_BOOSTED, seed)


def _test_week(
    cases: Cases,
    history: LabelHistory,
    *,
    first: int,
    last: int,
    as_of: int,
    seed: int,
    added: Features | None,
) -> _Week | None:
    cut = first - 1
    is_tested = (cases.day >= first) & (cases.day <= last) & (cases.known_day <= as_of)
    rows = {
        "train": training_rows(cases, cut=cut, seed=seed),
        "test": _sample(np.flatnonzero(is_tested), MAX_TESTED, seed),
    }
    train, test = cases.take(rows["train"]), cases.take(rows["test"])
    if not len(test) or not len(train):
        return None
    refuse_unknown_labels(train, test, cut=cut)
    rule = Rule.fit(cases, cut=cut)
    extra = {part: None if added is None else _rows_of(added, indexes) for part, indexes in rows.items()}
    train_features, _ = build_features(rule, history, train, added=extra["train"])
    test_features, predicted = build_features(rule, history, test, added=extra["test"])
    probabilities: dict[str, Floats] = {"rule": predicted}
    for name in ("logistic", "boosting"):
        model = fit_model(name, train, train_features, cut=cut, seed=seed)
        if model is None:
            return None
        probabilities[name] = waste_probability(predict_hazards(model, test_features.matrix()))[:, 0]
    if added is not None:
        without = fit_model("boosting", train, _only(train_features, FEATURES), cut=cut, seed=seed)
        if without is None:
            return None
        probabilities["without"] = waste_probability(
            predict_hazards(without, _only(test_features, FEATURES).matrix())
        )[:, 0]
    return _Week(test, test_features, model, probabilities)


def _sample(rows: Ints, limit: int, seed: int) -> Ints:
    if len(rows) <= limit:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))


def _rows_of(features: Features, rows: Ints) -> Features:
    return Features(
        {name: values[rows] for name, values in features.values.items()},
        {name: known[rows] for name, known in features.known_us.items()},
    )


def _only(features: Features, names: tuple[str, ...]) -> Features:
    return Features({name: features.values[name] for name in names}, features.known_us)


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


def _bootstrap(
    labels: Bools, probabilities: Mapping[str, Floats], products: NDArray[np.uint64], *, seed: int
) -> dict[str, Floats]:
    """Average precision by bootstrap over whole products; the same samples for every model."""
    _, cluster = np.unique(products, return_inverse=True)
    orders = {name: np.argsort(-values, kind="stable") for name, values in probabilities.items()}
    steps = {name: _last_of_equals(values[orders[name]]) for name, values in probabilities.items()}
    rng = np.random.default_rng(seed)
    bootstrapped: dict[str, list[float]] = {name: [] for name in probabilities}
    for _ in range(BOOTSTRAP_SAMPLES):
        weights = rng.poisson(1.0, cluster.max() + 1).astype(float)[cluster]
        for name, order in orders.items():
            bootstrapped[name].append(_step_area(labels[order], steps[name], weights[order]))
    return {name: np.array(values) for name, values in bootstrapped.items()}


def _scores(
    labels: Bools,
    probabilities: Floats,
    bootstrapped: Mapping[str, Floats],
    name: str,
    groups: Mapping[str, NDArray[np.uint64]],
) -> Scores:
    low, high = np.quantile(bootstrapped[name], [0.05, 0.95])
    leads = bootstrapped[name] - bootstrapped["rule"]
    worst = {kind: _group_errors(labels, probabilities, codes).worst for kind, codes in groups.items()}
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
class _GroupErrors:
    mean: float
    worst: float


def _group_errors(labels: Bools, probabilities: Floats, codes: NDArray[np.uint64]) -> _GroupErrors:
    _, group = np.unique(codes, return_inverse=True)
    size = np.bincount(group)
    gaps = np.abs(np.bincount(group, weights=probabilities - labels)) / size
    large = size >= GROUP_SIZE
    if not large.any():
        return _GroupErrors(float("nan"), float("nan"))
    return _GroupErrors(float(np.average(gaps[large], weights=size[large])), float(gaps[large].max()))


def _importance(week: _Week, *, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    rows = _sample(np.arange(len(week.test)), MAX_IMPORTANCE_CASES, seed)
    matrix, labels = week.features.matrix()[rows], week.test.is_wasted[rows]
    whole = average_precision(labels, waste_probability(predict_hazards(week.boosted, matrix))[:, 0])
    importances = {}
    for column, name in enumerate(week.features.values):
        shuffled = matrix.copy()
        shuffled[:, column] = rng.permutation(shuffled[:, column])
        probabilities = waste_probability(predict_hazards(week.boosted, shuffled))[:, 0]
        importances[name] = whole - average_precision(labels, probabilities)
    return importances


def _dispersion(weeks: list[_Week], name: str) -> float:
    """Mean squared deviation of wasted credits of a workspace and week, by what chance alone would give."""
    off, chance = 0.0, 0.0
    for week in weeks:
        expected, credits = week.probabilities[name], week.test.credits
        _, group = np.unique(week.test.groups["workspace"], return_inverse=True)
        gaps = np.bincount(group, weights=credits * (week.test.is_wasted - expected))
        off += float((gaps**2).sum())
        chance += float((credits**2 * expected * (1 - expected)).sum())
    return max(1.0, off / chance) if chance else 1.0
