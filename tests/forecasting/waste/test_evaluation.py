"""Tests of the test: weeks in order, scores by hand, and a gate that lets through only what it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score
from support.waste_cases import FIRST, MATURITY_DAYS, last_day, sample_cases

from benchmarks.waste_canaries import early_final_labels, planted_leak, shuffled_time
from benchmarks.waste_labels import compare_labels
from forecasting.waste.evaluation import (
    MODELS,
    TEST_WEEKS,
    TRAINING_DAYS,
    Evaluation,
    evaluate,
    refuse_unknown_labels,
    trained_to,
)
from forecasting.waste.features import DAY_US, HOUR_US, Cases, LeakageError
from forecasting.waste.matrix import FEATURES, Features
from forecasting.waste.metrics import Scores, average_precision, calibration_error
from forecasting.waste.promotion import objections

TERMS = {"as_of": last_day(), "maturity_days": MATURITY_DAYS, "seed": 1}


@pytest.fixture(scope="module")
def predictable() -> Evaluation:
    """Waste follows the quality score, which the rule does not look at."""
    evaluation = evaluate(Cases.from_frame(sample_cases(6_000, 100, seed=1)), **TERMS)
    assert evaluation is not None
    return evaluation


def test_average_precision_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random(500) < 0.3
    probabilities = np.round(rng.random(500) * 0.5 + labels * 0.2, 2)  # with equal ones
    assert np.isclose(
        average_precision(labels, probabilities), average_precision_score(labels, probabilities)
    )


def test_calibration_error_is_the_mean_gap_of_ten_bins() -> None:
    probabilities = np.repeat(np.arange(10) / 10, 10)
    labels = np.tile(np.arange(10), 10) < np.repeat(np.arange(10), 10)  # as often as predicted
    assert np.isclose(calibration_error(labels, probabilities), 0)
    assert np.isclose(calibration_error(labels, np.minimum(probabilities + 0.05, 1)), 0.05)
    # too high for some and too low for others is no calibration
    assert np.isclose(
        calibration_error(labels, np.where(probabilities < 0.45, probabilities + 0.1, probabilities - 0.1)),
        0.1,
    )


def test_a_model_that_uses_what_the_rule_cannot_is_promoted(predictable: Evaluation) -> None:
    assert objections(predictable) == ()
    assert (
        predictable.scores["boosting"].average_precision > predictable.scores["rule"].average_precision + 0.2
    )
    assert max(predictable.importance, key=lambda name: predictable.importance[name]) == "quality_score"
    assert predictable.weeks == 6
    assert set(predictable.scores) == set(MODELS)


def test_scores_lie_in_their_ranges(predictable: Evaluation) -> None:
    for scores in predictable.scores.values():
        assert scores.low < scores.average_precision < scores.high
        assert scores.lead_low <= scores.lead <= scores.lead_high
    assert predictable.scores["rule"].lead == 0
    assert 0.2 < predictable.base_rate < 0.3


@pytest.mark.parametrize("signal", ["group", pytest.param("nothing", marks=pytest.mark.slow)])
def test_the_rule_stays_where_it_uses_all_the_information(signal: str) -> None:
    evaluation = evaluate(Cases.from_frame(sample_cases(4_000, 100, seed=2, signal=signal)), **TERMS)
    assert evaluation is not None
    assert objections(evaluation)


def test_few_cases_are_not_tested() -> None:
    evaluation = evaluate(Cases.from_frame(sample_cases(300, 100, seed=3)), **TERMS)
    assert evaluation is None
    assert objections(evaluation) == ("too little is known yet to test a model",)


def test_a_test_trains_on_no_more_cases_than_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []

    def fit(cases: Cases, *_: object, **__: object) -> None:
        trained.append(len(cases))

    monkeypatch.setattr("forecasting.waste.evaluation.fit_logistic", fit)
    monkeypatch.setattr("forecasting.waste.evaluation.fit_boosting", lambda *_, **__: None)
    evaluate(Cases.from_frame(sample_cases(4_000, 100, seed=8)), max_trained=700, **TERMS)
    assert trained == [700] * TEST_WEEKS


def test_a_model_is_trained_once_a_week_to_the_sunday_before_the_last_one() -> None:
    days = {day: (date(2026, 4, day) - date(1970, 1, 1)).days for day in range(1, 30)}
    sunday = {day: trained_to(days[day], first_day=days[1] - 300) for day in (12, 13, 14, 19, 20)}
    assert [sunday[day] - days[1] + 1 for day in (12, 13, 14, 19, 20)] == [-2, 5, 5, 5, 12]


def test_while_there_are_few_weeks_a_model_is_trained_every_day() -> None:
    as_of = (date(2026, 4, 14) - date(1970, 1, 1)).days  # a Tuesday, trained to the 5th
    assert trained_to(as_of, first_day=as_of - 9 - TRAINING_DAYS + 2) == as_of
    assert trained_to(as_of, first_day=as_of - 9 - TRAINING_DAYS + 1) == as_of - 9
    assert trained_to(as_of, first_day=None) == as_of


def test_nothing_at_all_is_not_tested() -> None:
    assert evaluate(Cases.from_frame(sample_cases(10, 20).iloc[:0]), **TERMS) is None


def test_a_test_week_in_the_past_of_its_training_is_refused() -> None:
    cases = Cases.from_frame(sample_cases(400, 60, seed=4))
    middle = int(np.median(cases.day))
    early, late = cases.take(cases.day <= middle), cases.take(cases.day > middle)
    refuse_unknown_labels(early, late, cut=middle)
    with pytest.raises(LeakageError, match="never at random"):
        refuse_unknown_labels(late, early, cut=middle)
    with pytest.raises(LeakageError, match="1 training cases"):
        refuse_unknown_labels(
            cases.take(np.append(np.flatnonzero(cases.day <= middle), len(cases) - 1)), late, cut=middle
        )


def test_the_shuffled_time_canary_is_caught() -> None:
    cases = Cases.from_frame(sample_cases(6_000, 100, seed=5))
    reason = shuffled_time(cases, **TERMS)
    assert reason is not None
    assert "Times were mixed up" in reason


def test_the_canary_of_final_labels_counted_too_early_is_caught() -> None:
    cases = Cases.from_frame(sample_cases(2_000, 100, seed=5))
    reason = early_final_labels(cases, **TERMS)
    assert reason is not None
    assert "only after the one that it overruled" in reason


@pytest.mark.slow
def test_fresh_labels_predict_what_changes_sooner_than_labels_of_14_days() -> None:
    frame = sample_cases(8_000, 100, seed=5, signal="group")
    rng = np.random.default_rng(0)
    # good rulesets turn bad on day 55 and bad ones good, and outcomes come within two days
    is_later = (frame["usage_date"] - FIRST).dt.days >= 55
    number = frame["ruleset_id"].str[-1].astype(int)
    chance = np.linspace(0.05, 0.9, 6)[np.where(is_later, 5 - number, number)]
    settled = frame["is_wasted"].notna()
    frame["is_wasted"] = pd.array(rng.random(len(frame)) < chance, dtype="boolean")
    frame.loc[~settled, "is_wasted"] = None
    frame["settled_after_us"] = rng.integers(0, 2, len(frame)) * 30 * HOUR_US
    settled_on = pd.to_datetime((frame["made_us"] + frame["settled_after_us"]) // DAY_US, unit="D")
    frame["settled_on"] = settled_on.where(settled)
    frame[["opposite_on", "opposite_after_us"]] = None
    labels = compare_labels(Cases.from_frame(frame), weeks=4, **TERMS)
    assert labels is not None
    rule = labels.loc["rule"]
    assert rule["fresh labels"] > rule["14 days labels"] + 0.05
    assert rule["from"] > 0


@pytest.mark.parametrize("signal", [pytest.param("quality", marks=pytest.mark.slow), "nothing"])
def test_the_planted_leak_canary_is_caught(signal: str) -> None:
    cases = Cases.from_frame(sample_cases(4_000, 100, seed=6, signal=signal))
    reason = planted_leak(cases, **TERMS)
    assert reason is not None
    assert "leak" in reason


@pytest.mark.slow
def test_an_added_feature_without_information_is_no_leak(predictable: Evaluation) -> None:
    cases = Cases.from_frame(sample_cases(4_000, 100, seed=7))
    noise = np.random.default_rng(0).random(len(cases))
    added = Features({"noise": noise}, {"noise": cases.made_us})
    evaluation = evaluate(cases, added=added, **TERMS)
    assert evaluation is not None
    assert "noise" in evaluation.importance
    assert "noise" not in FEATURES
    assert not any("leak" in reason for reason in objections(evaluation))


GOOD = Scores(0.5, 0.48, 0.52, 0.1, 0.08, 0.12, 0.10, 0.02, 0.05, "type")
RULE = replace(GOOD, average_precision=0.4, lead=0.0, lead_low=0.0, lead_high=0.0, brier=0.11)


def objections_to(
    model: Scores = GOOD, *, base_rate: float = 0.2, without: float = 0.4, jump: float = 0.0
) -> tuple[str, ...]:
    scores = {"rule": RULE, "logistic": model, "boosting": model}
    return objections(Evaluation(6, 1000, base_rate, scores, {}, {}, without, jump, {}))


@pytest.mark.parametrize(
    ("changed", "base_rate", "jump", "words"),
    [
        ({"average_precision": 0.419}, 0.2, 0.0, "+0.02 is needed"),
        ({"lead_low": 0.0}, 0.2, 0.0, "must be above 0"),
        ({}, 0.39, 0.0, "x the base rate"),
        ({"brier": 0.105}, 0.2, 0.0, "Brier score"),
        ({"calibration_error": 0.051}, 0.2, 0.0, "calibration error 0.051"),
        ({"worst_group_error": 0.101}, 0.2, 0.0, "in one type"),
        ({}, 0.2, 0.101, "taken for a leak"),
    ],
)
def test_each_condition_alone_keeps_a_model_out(
    changed: dict[str, float], base_rate: float, jump: float, words: str
) -> None:
    assert objections_to() == ()
    (reason,) = objections_to(replace(GOOD, **changed), base_rate=base_rate, jump=jump)
    assert words in reason


def test_near_perfection_half_of_what_is_left_is_a_jump() -> None:
    assert objections_to(without=0.96, jump=0.019) == ()
    (reason,) = objections_to(without=0.96, jump=0.021)
    assert "taken for a leak" in reason


def test_groups_too_small_to_test_do_not_count_against_a_model() -> None:
    assert objections_to(replace(GOOD, worst_group_error=float("nan"))) == ()
