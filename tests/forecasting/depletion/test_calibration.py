"""Levels of demand, the paths around them, and how their calibration is fitted, kept and read."""

from __future__ import annotations

import json
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.depletion.calibration import (
    LEVELS,
    Calibration,
    CalibrationError,
    DemandPaths,
    Depletions,
    _quantiles,
    fit_calibration,
    shipped_calibration,
)
from forecasting.depletion.demand import days_until, expected_by, measure_demand
from forecasting.depletion.synthetic_cases import depletions_of, fit_on, origins_of


def demand_of(*daily: list[float]):  # type: ignore[no-untyped-def]
    values = np.array(daily, dtype=float)
    return measure_demand(values, np.ones(values.shape, dtype=bool))


def test_constant_demand_has_that_level_and_no_variation() -> None:
    demand = demand_of([0.0] * 20 + [7.0] * 100)
    assert demand.fast == pytest.approx(7) and demand.slow == pytest.approx(7)
    assert demand.variation == pytest.approx(0) and demand.history_days == 100


def test_the_fast_level_follows_within_weeks_and_the_slow_one_in_months() -> None:
    demand = demand_of([0.0, 1.0] + [0.0] * 90 + [10.0] * 14)
    assert demand.fast[0] > 7 and 1 < demand.slow[0] < 3


def test_unknown_days_have_no_weight() -> None:
    daily = np.array([[8.0] * 60 + [0.0] * 30 + [8.0] * 10])
    known = np.ones(daily.shape, dtype=bool)
    known[0, 60:90] = False
    demand = measure_demand(daily, known)
    assert demand.fast == pytest.approx(8) and demand.slow == pytest.approx(8)
    assert demand.variation == pytest.approx(0)


levels = st.floats(0, 1e12)


@settings(max_examples=200, deadline=None)
@given(
    daily=st.lists(st.one_of(st.just(0.0), st.floats(1, 1e9)), min_size=5, max_size=120).filter(any),
    multiple=st.floats(0.01, 2_000),
)
def test_days_and_demand_are_each_others_inverse_on_every_path(daily: list[float], multiple: float) -> None:
    demand = demand_of(daily)
    total = np.array([[demand.mean[0] * multiple]])
    assert expected_by(demand, days_until(demand, total)) == pytest.approx(total, rel=1e-6)
    paths = DemandPaths.from_calibration(demand, shipped_calibration())
    days = paths.until(np.repeat(total, len(LEVELS), axis=1))
    assert (np.diff(days) >= 0).all()
    is_later = days[0] > 0.01
    back = paths.by(days)[0, is_later]
    assert back == pytest.approx(np.full(is_later.sum(), total[0, 0]), rel=1e-4)
    ahead = paths.by(np.arange(0.0, 400)[None, None])[0]
    assert (np.diff(ahead, axis=1) >= 0).all() and (np.diff(ahead, axis=0) <= 0).all()
    assert (ahead[:, 0] == 0).all()


def test_a_calibration_is_read_as_it_was_written_and_a_changed_one_is_refused() -> None:
    text = shipped_calibration().to_json()
    assert Calibration.from_json(text, name="it") == shipped_calibration()
    content = json.loads(text)
    content["scale_slope"] += 0.1
    with pytest.raises(
        CalibrationError, match=r"it must have the content it was hashed with.*credits calibrate"
    ):
        Calibration.from_json(json.dumps(content), name="it")
    for broken in ("", "[]", "{}", text[:-20], '{"hash": 1}'):
        with pytest.raises(CalibrationError, match=r"it must be a calibration.*credits calibrate"):
            Calibration.from_json(broken, name="it")


def test_scores_of_the_shipped_calibration_rise_with_the_level() -> None:
    calibration = shipped_calibration()
    for scores in (*calibration.scores, calibration.young_scores):
        assert len(scores) == len(LEVELS) and list(scores) == sorted(scores)
    assert list(calibration.log_days) == sorted(calibration.log_days)
    assert calibration.facts["label"] == "public daily usage series"


def test_quantiles_without_censoring_are_those_of_the_scores() -> None:
    scores = np.arange(1_000.0)
    found = dict(zip(LEVELS, _quantiles(scores, np.ones(1_000, dtype=bool), np.ones(1_000)), strict=True))
    assert found[0.5] == pytest.approx(499.5, abs=1) and found[0.1] == pytest.approx(99.5, abs=1)


def test_cases_not_seen_to_their_end_do_not_read_as_short() -> None:
    """Half of the cases are cut off early, at random: the others still show the distribution."""
    rng = np.random.default_rng(3)
    true, cut = rng.exponential(1, 20_000), rng.exponential(1, 20_000)
    found = dict(zip(LEVELS, _quantiles(np.minimum(true, cut), true <= cut, np.ones(20_000)), strict=True))
    for level in (0.1, 0.5, 0.8):
        assert found[level] == pytest.approx(-log(1 - level), rel=0.1)


def series(count: int, *, noise: float) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [rng.gamma(1 / noise, 10 * noise, 200) for _ in range(count)]


def test_ranges_fitted_on_quieter_series_are_narrower_and_have_their_nominal_coverage() -> None:
    width = {}
    for name, noise in {"quiet": 0.05, "wild": 3.0}.items():
        calibration = fit_on(series(25, noise=noise), label=name, rng=np.random.default_rng(0))
        unseen = series(40, noise=noise)[25:]
        cases, _ = depletions_of(
            unseen,
            origins_of(unseen, first=28, last_before_end=90),
            multiples=(3, 30),
            amounts=2,
            rng=np.random.default_rng(1),
        )
        days = DemandPaths.from_calibration(cases.demand, calibration).until(cases.credits[:, None])
        low, high = days[:, LEVELS.index(0.1)], days[:, LEVELS.index(0.9)]
        assert 0.7 < ((low <= cases.days) & (cases.days <= high)).mean() < 0.9
        width[name] = np.mean(high / low)
    assert width["quiet"] < width["wild"] / 1.5


def test_the_same_series_give_the_same_calibration_and_too_few_are_refused() -> None:
    first, second = (fit_on(series(5, noise=1.0), label="x", rng=np.random.default_rng(0)) for _ in range(2))
    assert first.to_json() == second.to_json()
    none = Depletions(demand_of([1.0] * 30)[:0], *(np.zeros(0) for _ in range(4)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"needs \d+ cases; 0 were found"):
        fit_calibration(none, facts={})


def test_depletions_of_a_series_are_found_on_the_right_moment() -> None:
    values = [np.array([2.0] * 30 + [4.0] * 30)]
    origins = origins_of(values, first=28, step=100)
    cases, _ = depletions_of(
        values, origins, multiples=(5, 5.000001), amounts=1, rng=np.random.default_rng(0)
    )
    # ten credits after day 28: two days of 2, then a day and a half of 4
    assert cases.credits == pytest.approx([10.0]) and cases.days == pytest.approx([3.5])
    late = origins_of(values, first=58, step=100)
    unseen, _ = depletions_of(values, late, multiples=(50, 50.1), amounts=1, rng=np.random.default_rng(0))
    assert not unseen.is_seen[0] and unseen.days == pytest.approx([2.0])
