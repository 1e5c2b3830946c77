"""How well waste is foretold: each of the last weeks by what was known before it.

For every test week the rule and both models are fitted on what was known at the end of the day before it. A
label counts from the day it is known on, `maturity_days` after its generation at the earliest, so nothing
younger teaches how it ended. Weeks are never mixed, and time is never shuffled.

Not here: what must be reached (waste_gate.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecasting.waste.baseline import Rule
from forecasting.waste.features import Bools, Cases, Floats, History, Ints, LeakageError
from forecasting.waste.hazards import (
    MAX_BOOSTED,
    MAX_LOGISTIC,
    boosting,
    can_be_fitted,
    fit,
    hazards,
    lived_stretches,
    logistic,
    waste_chance,
)
from forecasting.waste.matrix import FEATURES, Features, features_of

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

MODELS = ("rule", "logistic", "boosting")
TEST_WEEKS = 6
MIN_WEEKS = 3
MIN_TESTED = 500
MAX_TESTED = 20_000  # of a week
LEARNT_DAYS = 180
REDRAWN = 200
BINS = 10
GROUP_KINDS = ("workspace", "type", "category")
GROUP_SIZE = 200
MAX_IMPORTANCE_CASES = 4_000


@dataclass(frozen=True)
class Scores:
    """How good the chances of one model were.

    Attributes:
        average_precision: area under precision over recall; the base rate is that of knowing nothing.
        low, high: its 90 % range, products drawn anew.
        lead, lead_low, lead_high: its lead over the rule's, with the 90 % range; 0 for the rule.
        brier: mean squared difference to what happened.
        calibration_error: mean difference of foretold and true shares in ten bins of equal size.
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
        importance: feature -> by how much average precision falls if it is shuffled in the newest week.
        without, jump: average precision without added features, and by how much they lift it.
        dispersion: model -> how much wider totals of a workspace and week spread than chance alone would.
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
    shown: Features
    boosted: BaseEstimator
    chances: Mapping[str, Floats]


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
        cases: all that is known at the end of as_of, in an order that does not depend on how it came.
        as_of: a local day, counted from 1970.
        maturity_days: how long content may wait for its outcome.
        seed: of what is drawn.
        weeks: how many are tested.
        added: features under trial, of the same cases.

    Returns:
        None if too little is known to test anything.

    Raises:
        LeakageError: a feature or label was known later than it is used.
    """
    history = History(cases)
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
    chances = {name: np.concatenate([week.chances[name] for week in tested]) for name in tested[0].chances}
    groups = {kind: np.concatenate([week.test.groups[kind] for week in tested]) for kind in GROUP_KINDS}
    products = np.concatenate([week.test.product for week in tested])
    drawn = _redrawn(labels, {name: chances[name] for name in MODELS}, products, seed=seed)
    scores = {name: _scores(labels, chances[name], drawn, name, groups) for name in MODELS}
    without = average_precision(labels, chances["without" if added is not None else "boosting"])
    return Evaluation(
        weeks=len(tested),
        cases=len(labels),
        base_rate=float(labels.mean()),
        scores=scores,
        groups={
            name: {kind: _group_errors(labels, chances[name], groups[kind]).mean for kind in GROUP_KINDS}
            for name in MODELS
        },
        importance=_importance(tested[0], seed=seed),
        without=without,
        jump=scores["boosting"].average_precision - without if added is not None else 0.0,
        dispersion={name: _dispersion(tested, name) for name in ("rule", "boosting")},
    )


def refuse_unknown_labels(train: Cases, test: Cases, *, cut: int) -> None:
    """Refuse a test that teaches what was not known before it, or asks about what was.

    Raises:
        LeakageError: a training case was made after the cut, or a tested one before its end.
    """
    late, early = int((train.day > cut).sum()), int((test.day <= cut).sum())
    if late or early:
        raise LeakageError(
            f"a week is foretold from what was known before it; {late} training cases were made after day "
            f"{cut}, {early} tested ones up to it. Split by time, never at random."
        )


def fitted(name: str, cases: Cases, features: Features, *, cut: int, seed: int) -> BaseEstimator | None:
    """A model of what was known at the end of the day `cut`; None if that is too little.

    Args:
        name: boosting or logistic.
        cases: what may be learnt from. features: theirs.
        cut: a local day. seed: of the cases drawn, where there are more than make a better model.
    """
    limit = MAX_BOOSTED if name == "boosting" else MAX_LOGISTIC
    rows = _drawn(np.arange(len(cases)), limit, seed)
    matrix = features.matrix()[rows]
    lived = lived_stretches(cases.take(rows), cut=cut)
    if not can_be_fitted(lived):
        return None
    return fit(boosting(seed) if name == "boosting" else logistic(matrix.shape[1]), matrix, lived)


def learnt_from(cases: Cases, *, cut: int, seed: int) -> Ints:
    """The places of the cases that a model of the day `cut` learns from."""
    is_recent = (cases.day <= cut) & (cases.day > cut - LEARNT_DAYS)
    return _drawn(np.flatnonzero(is_recent), MAX_BOOSTED, seed)


def _test_week(
    cases: Cases,
    history: History,
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
        "train": learnt_from(cases, cut=cut, seed=seed),
        "test": _drawn(np.flatnonzero(is_tested), MAX_TESTED, seed),
    }
    train, test = cases.take(rows["train"]), cases.take(rows["test"])
    if not len(test) or not len(train):
        return None
    refuse_unknown_labels(train, test, cut=cut)
    rule = Rule.fit(cases, cut=cut)
    extra = {part: None if added is None else _rows_of(added, places) for part, places in rows.items()}
    seen, _ = features_of(rule, history, train, added=extra["train"])
    shown, foretold = features_of(rule, history, test, added=extra["test"])
    chances: dict[str, Floats] = {"rule": foretold}
    for name in ("logistic", "boosting"):
        model = fitted(name, train, seen, cut=cut, seed=seed)
        if model is None:
            return None
        chances[name] = waste_chance(hazards(model, shown.matrix()))[:, 0]
    if added is not None:
        usual = fitted("boosting", train, _only(seen, FEATURES), cut=cut, seed=seed)
        if usual is None:
            return None
        chances["without"] = waste_chance(hazards(usual, _only(shown, FEATURES).matrix()))[:, 0]
    return _Week(test, shown, model, chances)


def _drawn(rows: Ints, limit: int, seed: int) -> Ints:
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


def average_precision(labels: Bools, chances: Floats) -> float:
    """Area under the steps of precision over recall, equal chances taken together."""
    order = np.argsort(-chances, kind="stable")
    return _step_area(labels[order], _last_of_equals(chances[order]), np.ones(len(order)))


def _last_of_equals(ordered: Floats) -> Ints:
    return np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)


def _step_area(labels: Bools, steps: Ints, weights: Floats) -> float:
    found = np.cumsum(weights * labels)[steps]
    asked = np.cumsum(weights)[steps]
    if not found[-1]:
        return 0.0
    gained = np.diff(found, prepend=0.0)
    return float((gained * found / np.maximum(asked, 1e-12)).sum() / found[-1])


def _redrawn(
    labels: Bools, chances: Mapping[str, Floats], products: NDArray[np.uint64], *, seed: int
) -> dict[str, Floats]:
    """Average precision with whole products drawn anew; the same draws for every model."""
    _, cluster = np.unique(products, return_inverse=True)
    orders = {name: np.argsort(-values, kind="stable") for name, values in chances.items()}
    steps = {name: _last_of_equals(values[orders[name]]) for name, values in chances.items()}
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in chances}
    for _ in range(REDRAWN):
        weights = rng.poisson(1.0, cluster.max() + 1).astype(float)[cluster]
        for name, order in orders.items():
            drawn[name].append(_step_area(labels[order], steps[name], weights[order]))
    return {name: np.array(values) for name, values in drawn.items()}


def _scores(
    labels: Bools,
    chances: Floats,
    drawn: Mapping[str, Floats],
    name: str,
    groups: Mapping[str, NDArray[np.uint64]],
) -> Scores:
    low, high = np.quantile(drawn[name], [0.05, 0.95])
    leads = drawn[name] - drawn["rule"]
    worst = {kind: _group_errors(labels, chances, codes).worst for kind, codes in groups.items()}
    kind = max(worst, key=lambda of: -1.0 if np.isnan(worst[of]) else worst[of])
    own = average_precision(labels, chances)
    return Scores(
        average_precision=own,
        low=float(low),
        high=float(high),
        lead=float(np.median(leads)),
        lead_low=float(np.quantile(leads, 0.05)),
        lead_high=float(np.quantile(leads, 0.95)),
        brier=float(((chances - labels) ** 2).mean()),
        calibration_error=calibration_error(labels, chances),
        worst_group_error=worst[kind],
        worst_group=kind,
    )


def calibration_error(labels: Bools, chances: Floats) -> float:
    """Mean difference of foretold and true shares over BINS of equal size, of rising chance."""
    order = np.argsort(chances, kind="stable")
    gaps = np.cumsum((chances - labels)[order])
    ends = np.linspace(0, len(order), BINS + 1).astype(int)[1:]
    sums = np.diff(np.where(ends > 0, gaps[np.maximum(ends - 1, 0)], 0.0), prepend=0.0)
    return float(np.abs(sums).sum() / len(order))


@dataclass(frozen=True)
class _GroupErrors:
    mean: float
    worst: float


def _group_errors(labels: Bools, chances: Floats, codes: NDArray[np.uint64]) -> _GroupErrors:
    _, group = np.unique(codes, return_inverse=True)
    size = np.bincount(group)
    gaps = np.abs(np.bincount(group, weights=chances - labels)) / size
    large = size >= GROUP_SIZE
    if not large.any():
        return _GroupErrors(float("nan"), float("nan"))
    return _GroupErrors(float(np.average(gaps[large], weights=size[large])), float(gaps[large].max()))


def _importance(week: _Week, *, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    rows = _drawn(np.arange(len(week.test)), MAX_IMPORTANCE_CASES, seed)
    matrix, labels = week.shown.matrix()[rows], week.test.is_wasted[rows]
    whole = average_precision(labels, waste_chance(hazards(week.boosted, matrix))[:, 0])
    falls = {}
    for place, name in enumerate(week.shown.values):
        shuffled = matrix.copy()
        shuffled[:, place] = rng.permutation(shuffled[:, place])
        chances = waste_chance(hazards(week.boosted, shuffled))[:, 0]
        falls[name] = whole - average_precision(labels, chances)
    return falls


def _dispersion(weeks: list[_Week], name: str) -> float:
    """Mean squared deviation of wasted credits of a workspace and week, by what chance alone would give."""
    off, chance = 0.0, 0.0
    for week in weeks:
        expected, credits = week.chances[name], week.test.credits
        _, group = np.unique(week.test.groups["workspace"], return_inverse=True)
        gaps = np.bincount(group, weights=credits * (week.test.is_wasted - expected))
        off += float((gaps**2).sum())
        chance += float((credits**2 * expected * (1 - expected)).sum())
    return max(1.0, off / chance) if chance else 1.0
