"""Hazards: which stretches of each case count, and the probabilities that follow."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from support.waste_cases import last_day, sample_cases

from forecasting.waste.features import DAY_US, HOUR_US, Cases
from forecasting.waste.hazards import (
    LAST,
    SAVED,
    STRETCH_ENDS,
    UNSETTLED,
    WASTED,
    Hazards,
    LivedStretches,
    boosting,
    fit,
    lived_stretches,
    logistic,
    predict_hazards,
    stretch_at,
    waste_probability,
)
from forecasting.waste.trees import Trees

CUT = last_day()


def a_case(
    *, hours_ago: float, settled_after_hours: float | None, is_wasted: bool, known_in_days: int
) -> Cases:
    """One case made some hours before the end of the last day."""
    made_us = (CUT + 1) * DAY_US - round(hours_ago * HOUR_US)
    frame = sample_cases(1, 2).assign(
        made_us=made_us,
        usage_date=pd.Timestamp(made_us // DAY_US, unit="D"),
        settled_after_us=None if settled_after_hours is None else round(settled_after_hours * HOUR_US),
        is_wasted=is_wasted,
        known_on=pd.Timestamp(CUT + known_in_days, unit="D"),
    )
    return Cases.from_frame(frame.astype({"settled_after_us": "Int64", "is_wasted": "boolean"}))


def lived(case: Cases) -> list[tuple[int, int]]:
    rows = lived_stretches(case, cut=CUT)
    return list(zip(rows.stretch.tolist(), rows.became.tolist(), strict=True))


def trees_of(matrix: NDArray[np.float32], lived: LivedStretches) -> Hazards[Trees]:
    fitted = fit(lambda: boosting(5), matrix, lived)
    return Hazards(Trees.of(fitted.settled), Trees.of(fitted.wasted))


def test_a_young_case_counts_only_in_whole_stretches_it_has_lived_through() -> None:
    case = a_case(hours_ago=30, settled_after_hours=None, is_wasted=False, known_in_days=13)
    assert lived(case) == [(0, UNSETTLED), (1, UNSETTLED)]


def test_a_young_case_that_was_rejected_counts_in_the_stretch_of_its_rejection() -> None:
    case = a_case(hours_ago=30, settled_after_hours=7, is_wasted=True, known_in_days=13)
    assert lived(case) == [(0, UNSETTLED), (1, WASTED)]


def test_a_stretch_that_is_not_over_does_not_count_although_its_outcome_is_known() -> None:
    """Otherwise only cases with an outcome would count, and outcomes would look too frequent."""
    case = a_case(hours_ago=10, settled_after_hours=7, is_wasted=False, known_in_days=13)
    assert lived(case) == [(0, UNSETTLED)]


def test_a_case_settled_by_time_alone_ends_in_the_last_stretch_once_its_label_is_known() -> None:
    unknown = a_case(hours_ago=400, settled_after_hours=None, is_wasted=True, known_in_days=1)
    known = a_case(hours_ago=400, settled_after_hours=None, is_wasted=True, known_in_days=0)
    assert lived(unknown) == [(stretch, UNSETTLED) for stretch in range(LAST)]
    assert lived(known) == [*lived(unknown), (LAST, WASTED)]


def test_a_use_after_the_last_stretch_is_its_end() -> None:
    case = a_case(hours_ago=600, settled_after_hours=500, is_wasted=False, known_in_days=0)
    assert lived(case)[-1] == (LAST, SAVED)


def test_the_probability_of_waste_sums_all_ways_to_end_as_waste() -> None:
    # each stretch: .5 unsettled, .3 saved, .2 wasted; the last one: .4 wasted
    probabilities = np.tile([0.5, 0.3, 0.2], (1, LAST + 1, 1))
    probabilities[0, LAST] = [0.0, 0.6, 0.4]
    ahead = waste_probability(probabilities)[0]
    assert ahead[LAST] == 0.4
    assert np.isclose(ahead[LAST - 1], 0.2 + 0.5 * 0.4)
    assert np.isclose(ahead[0], sum(0.2 * 0.5**k for k in range(LAST)) + 0.5**LAST * 0.4)


def test_the_stretch_of_a_case_is_that_of_its_age() -> None:
    for hours, stretch in ((1, 0), (6, 1), (23, 1), (24, 2), (100, 3), (200, 4), (2_000, 4)):
        case = a_case(hours_ago=hours, settled_after_hours=None, is_wasted=False, known_in_days=13)
        assert stretch_at(case, cut=CUT).tolist() == [stretch]


def test_the_same_seed_gives_the_same_probabilities_and_they_sum_to_1() -> None:
    cases = Cases.from_frame(sample_cases(3_000, 100, seed=1))
    matrix = np.column_stack([cases.events["quality_score"], cases.credits]).astype(np.float32)
    lived = lived_stretches(cases, cut=CUT)
    for make in (
        lambda: trees_of(matrix, lived),
        lambda: fit(lambda: logistic(2), matrix, lived),
    ):
        first, second = (predict_hazards(make(), matrix) for _ in range(2))
        np.testing.assert_array_equal(first, second)
        assert first.shape == (3_000, len(STRETCH_ENDS), 3)
        np.testing.assert_allclose(first.sum(axis=2), 1.0)
        assert (first[:, LAST, UNSETTLED] == 0).all()


def test_probabilities_are_calibrated_although_young_cases_are_not_settled() -> None:
    """Counting young cases as not wasted would make them too small."""
    frame = sample_cases(12_000, 60, seed=2, signal="quality")
    cases = Cases.from_frame(frame)
    cut = last_day(60)
    matrix = cases.events["quality_score"].astype(np.float32)[:, None]
    model = trees_of(matrix, lived_stretches(cases, cut=cut))
    for quality, chance in ((0.1, 0.75), (0.8, 0.05)):
        predicted = waste_probability(predict_hazards(model, np.full((1, 1), quality, dtype=np.float32)))[
            0, 0
        ]
        assert abs(predicted - chance) < 0.05, quality
