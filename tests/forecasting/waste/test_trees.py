"""Predictions by looked-up leaves are those of the model itself."""

from __future__ import annotations

import numpy as np
from support.waste_cases import last_day, sample_cases

from forecasting.waste.features import Cases
from forecasting.waste.hazards import STRETCH_ENDS, boosting, fit, lived_stretches
from forecasting.waste.trees import AT_ONCE, Trees


def test_the_leaves_looked_up_are_those_the_model_itself_ends_in() -> None:
    cases = Cases.from_frame(sample_cases(AT_ONCE + 900, 60, seed=1))
    rng = np.random.default_rng(1)
    columns = [cases.events["quality_score"], cases.events["hour"], rng.integers(0, 4, len(cases))]
    matrix = np.column_stack([column.astype(np.float32) for column in columns])
    fitted = fit(lambda: boosting(1), matrix, lived_stretches(cases, cut=last_day(60)))
    for model in (fitted.settled, fitted.wasted):
        thresholds = np.concatenate([tree.nodes["num_threshold"] for (tree,) in model._predictors])
        # on a threshold, and beyond all of them
        matrix[: len(thresholds), :2] = thresholds[:, None]
        matrix[-2:] = [[-9.0] * 3, [9e9] * 3]
        found = Trees.of(model).probabilities(matrix, stretches=len(STRETCH_ENDS))
        for stretch in range(len(STRETCH_ENDS)):
            own = model.predict_proba(np.column_stack([matrix, np.full(len(matrix), stretch, np.float32)]))
            np.testing.assert_allclose(found[:, stretch], own[:, 1], rtol=1e-14)


def test_no_case_at_all_has_no_probabilities() -> None:
    cases = Cases.from_frame(sample_cases(3_000, 60, seed=2))
    matrix = cases.events["quality_score"].astype(np.float32)[:, None]
    model = fit(lambda: boosting(1), matrix, lived_stretches(cases, cut=last_day(60))).wasted
    assert Trees.of(model).probabilities(matrix[:0], stretches=5).shape == (0, 5)
