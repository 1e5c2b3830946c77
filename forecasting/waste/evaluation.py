"""How well waste is predicted: each of the last weeks from what was known a week before it.

For every test week the rule and both models are fitted on what was known a week before it, as a run uses a
model up to two weeks after the day it is trained up to. What is tested has been known since `maturity_days`
after its generation at the earliest. Weeks are never mixed, and time is never shuffled.

Not here: what must be reached (promotion.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecasting.waste.baseline import Rule
from forecasting.waste.features import Cases, Floats, Ints, LeakageError, sampled
from forecasting.waste.hazards import (
    Hazards,
    boosting,
    can_be_fitted,
    fit,
    lived_stretches,
    logistic,
    predict_hazards,
    waste_probability,
)
from forecasting.waste.matrix import FEATURES, Features, build_features
from forecasting.waste.metrics import Scores, average_precision, bootstrap, group_errors, score_model
from forecasting.waste.trees import Trees

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MODELS = ("rule", "logistic", "boosting")
TEST_WEEKS = 6
MIN_WEEKS = 3
MIN_TESTED = 500
TRAINING_DAYS = 161  # with the weeks that a model is in use, what a run reads
# between what a model is trained on and the first day it is used for; as long again it stays in use
STALE_DAYS = 7
# average precision barely rises with more cases (docs/waste.md has the curve), and seconds do
MAX_TRAINED = 160_000
# a test needs less: it compares models on the same cases, and what more cases add is in neither
MAX_TRAINED_TO_TEST = 20_000
MAX_TESTED = 10_000  # of a week
GROUP_KINDS = ("workspace", "type", "category")
MAX_IMPORTANCE_CASES = 4_000
_THURSDAY = 3  # 1970-01-01, from Monday on


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
class WeekTerms:
    """How a week is tested; see `evaluate`."""

    as_of: int
    maturity_days: int
    seed: int
    max_trained: int = MAX_TRAINED_TO_TEST
    added: Features | None = None


@dataclass(frozen=True)
class Week:
    """A week that was tested.

    Attributes:
        test: its cases. features: theirs.
        boosted: the model trained for it.
        probabilities: of each of MODELS.
    """

    test: Cases
    features: Features
    boosted: Hazards[Trees]
    probabilities: Mapping[str, Floats]


def evaluate(
    cases: Cases,
    *,
    as_of: int,
    maturity_days: int,
    seed: int,
    weeks: int = TEST_WEEKS,
    max_trained: int = MAX_TRAINED_TO_TEST,
    added: Features | None = None,
) -> Evaluation | None:
    """Score rule and models on the newest weeks whose labels are known.

    Args:
        cases: all that is known at the end of as_of.
        as_of: a local day, counted from 1970.
        maturity_days: days content may wait for its outcome.
        seed: of boosting and bootstrap.
        weeks: how many are tested.
        max_trained: cases that each of them is trained on, at most.
        added: features under trial, of the same cases.

    Returns:
        None if too little is known to test anything.

    Raises:
        LeakageError: a feature or label was known later than it is used.
    """
    terms = WeekTerms(as_of, maturity_days, seed, max_trained, added)
    tested = test_weeks(cases, cases, terms, weeks=weeks)
    if len(tested) < MIN_WEEKS or sum(len(week.test) for week in tested) < MIN_TESTED:
        return None
    return _score_weeks(tested, seed=seed, has_added=added is not None)


def test_weeks(cases: Cases, labelled: Cases, terms: WeekTerms, *, weeks: int) -> list[Week]:
    """The newest weeks, each predicted from what was known before it; those with too little are left out.

    Args:
        cases: see `evaluate`.
        labelled: the cases whose labels are counted in rates of groups.
    """
    newest = terms.as_of - terms.maturity_days
    found = (_test_week(cases, labelled, terms, last=newest - 7 * back) for back in range(weeks))
    return [week for week in found if week is not None]


def _score_weeks(tested: list[Week], *, seed: int, has_added: bool) -> Evaluation | None:
    """The scores of all test weeks together; None if their labels are all alike."""
    labels = np.concatenate([week.test.is_wasted for week in tested])
    if labels.all() or not labels.any():
        return None
    probabilities = {
        name: np.concatenate([week.probabilities[name] for week in tested])
        for name in tested[0].probabilities
    }
    groups = {kind: np.concatenate([week.test.groups[kind] for week in tested]) for kind in GROUP_KINDS}
    products = np.concatenate([week.test.product for week in tested])
    bootstrapped = bootstrap(labels, {name: probabilities[name] for name in MODELS}, products, seed=seed)
    scores = {name: score_model(labels, probabilities[name], bootstrapped, name, groups) for name in MODELS}
    without = average_precision(labels, probabilities["without" if has_added else "boosting"])
    return Evaluation(
        weeks=len(tested),
        cases=len(labels),
        base_rate=float(labels.mean()),
        scores=scores,
        groups={
            name: {kind: group_errors(labels, probabilities[name], groups[kind]).mean for kind in GROUP_KINDS}
            for name in MODELS
        },
        importance=_importance(tested[0], seed=seed),
        without=without,
        jump=scores["boosting"].average_precision - without if has_added else 0.0,
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


def fit_boosting(cases: Cases, features: Features, *, cut: int, seed: int) -> Hazards[Trees] | None:
    """The candidate, of what was known of cases at the end of the day `cut`; None if that is too little."""
    lived = lived_stretches(cases, cut=cut)
    if not can_be_fitted(lived):
        return None
    fitted = fit(lambda: boosting(seed), features.matrix(), lived)
    return Hazards(Trees.of(fitted.settled), Trees.of(fitted.wasted))


def fit_logistic(cases: Cases, features: Features, *, cut: int) -> Hazards[Pipeline] | None:
    """Its twin, of what was known of cases at the end of the day `cut`; None if that is too little."""
    matrix, lived = features.matrix(), lived_stretches(cases, cut=cut)
    return fit(lambda: logistic(matrix.shape[1]), matrix, lived) if can_be_fitted(lived) else None


def trained_to(as_of: int, *, first_day: int | None) -> int:
    """The day up to whose end the model of a day is trained: the Sunday before the last one.

    So it changes once a week, and seldom for what is delivered some days late. While there are less than
    TRAINING_DAYS of cases, it is the day itself.

    Args:
        as_of: a local day, counted from 1970. first_day: that of the first case; None without any.
    """
    monday = as_of - (as_of + _THURSDAY) % 7
    sunday = monday - 1 - STALE_DAYS
    is_young = first_day is None or first_day > sunday - TRAINING_DAYS + 1
    return as_of if is_young else sunday


def training_rows(cases: Cases, *, cut: int, limit: int) -> Ints:
    """The indexes of the cases that a model of the day `cut` is trained on, `limit` at most."""
    is_recent = (cases.day <= cut) & (cases.day > cut - TRAINING_DAYS)
    return sampled(cases, np.flatnonzero(is_recent), limit)


def _test_week(cases: Cases, labelled: Cases, terms: WeekTerms, *, last: int) -> Week | None:
    first = last - 6
    cut = first - 1 - STALE_DAYS
    is_tested = (cases.day >= first) & (cases.day <= last) & (cases.known_day <= terms.as_of)
    rows = {
        "train": training_rows(cases, cut=cut, limit=terms.max_trained),
        # products that were trained on are the last to be tested
        "test": sampled(cases, np.flatnonzero(is_tested), MAX_TESTED, from_end=True),
    }
    train = cases.take(rows["train"]).known_at(cut, maturity_days=terms.maturity_days)
    test = cases.take(rows["test"])
    if not len(test) or not len(train):
        return None
    refuse_unknown_labels(train, test, cut=first - 1)
    rule = Rule.fit(labelled, cut=cut)
    added = terms.added
    extra = {part: None if added is None else rows_of(added, indexes) for part, indexes in rows.items()}
    train_features, _ = build_features(rule, labelled.history, train, added=extra["train"])
    test_features, predicted = build_features(rule, labelled.history, test, added=extra["test"])
    probabilities: dict[str, Floats] = {"rule": predicted}
    twin = fit_logistic(train, train_features, cut=cut)
    boosted = fit_boosting(train, train_features, cut=cut, seed=terms.seed)
    if twin is None or boosted is None:
        return None
    for name, model in (("logistic", twin), ("boosting", boosted)):
        probabilities[name] = waste_probability(predict_hazards(model, test_features.matrix()))[:, 0]
    if added is not None:
        without = fit_boosting(train, _only(train_features, FEATURES), cut=cut, seed=terms.seed)
        if without is None:
            return None
        probabilities["without"] = waste_probability(
            predict_hazards(without, _only(test_features, FEATURES).matrix())
        )[:, 0]
    return Week(test, test_features, boosted, probabilities)


def rows_of(features: Features, rows: Ints) -> Features:
    return Features(
        {name: values[rows] for name, values in features.values.items()},
        {name: known[rows] for name, known in features.known_us.items()},
    )


def _only(features: Features, names: tuple[str, ...]) -> Features:
    return Features({name: features.values[name] for name in names}, features.known_us)


def _importance(week: Week, *, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    rows = sampled(week.test, np.arange(len(week.test)), MAX_IMPORTANCE_CASES)
    matrix, labels = week.features.matrix()[rows], week.test.is_wasted[rows]
    variants = [matrix]
    for column in range(matrix.shape[1]):
        shuffled = matrix.copy()
        shuffled[:, column] = rng.permutation(shuffled[:, column])
        variants.append(shuffled)
    probabilities = waste_probability(predict_hazards(week.boosted, np.concatenate(variants)))[:, 0]
    whole, *without = (average_precision(labels, values) for values in np.split(probabilities, len(variants)))
    return {name: whole - of for name, of in zip(week.features.values, without, strict=True)}


def _dispersion(weeks: list[Week], name: str) -> float:
    """Mean squared deviation of wasted credits of a workspace and week, by what chance alone would give."""
    off, chance = 0.0, 0.0
    for week in weeks:
        expected, credits = week.probabilities[name], week.test.credits
        _, group = np.unique(week.test.groups["workspace"], return_inverse=True)
        gaps = np.bincount(group, weights=credits * (week.test.is_wasted - expected))
        off += float((gaps**2).sum())
        chance += float((credits**2 * expected * (1 - expected)).sum())
    return max(1.0, off / chance) if chance else 1.0
