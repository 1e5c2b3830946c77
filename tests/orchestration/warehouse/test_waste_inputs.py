"""Which cases are read to train on, and which are scored."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.waste_cases import sample_cases

from orchestration.warehouse import waste_inputs
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.waste_inputs import cases_to_score, training_cases

LAST = date(2026, 4, 10)
TERMS = {"as_of": LAST, "days": 180}


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    frame = sample_cases(3_000, 100, seed=1)
    select = "select * replace (cast(usage_date as date) as usage_date) from frame"
    warehouse.replace("facts.ml_waste_cases", frame, select=select)
    warehouse.replace("facts.int_generations_classified", frame, select=select)
    return warehouse


def scored(warehouse: DuckDBWarehouse) -> pd.DataFrame:
    """Every scored case: its id, and two things that are known of it."""
    training = training_cases(warehouse, **TERMS)
    parts = list(cases_to_score(warehouse, training, as_of=LAST, days=30))
    rows = pd.concat([part.ids.assign(made_us=part.cases.made_us, day=part.cases.day) for part in parts])
    return rows.sort_values("row_id", ignore_index=True)


def test_more_cases_than_are_read_at_once_are_scored_in_parts(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scored(warehouse)
    assert whole["row_id"].is_unique
    assert whole["day"].max() - whole["day"].min() == 29
    monkeypatch.setattr(waste_inputs, "AT_ONCE", 100)
    pd.testing.assert_frame_equal(scored(warehouse), whole)
    monkeypatch.setattr(waste_inputs, "MAX_CASES", 1_000)
    pd.testing.assert_frame_equal(scored(warehouse), whole)


def test_of_too_many_cases_those_of_some_products_are_trained_on(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = training_cases(warehouse, **TERMS)
    assert (len(every.cases), every.is_whole) == (3_000, True)
    monkeypatch.setattr(waste_inputs, "MAX_CASES", 1_000)
    some = training_cases(warehouse, **TERMS)
    assert not some.is_whole
    assert 800 < len(some.cases) < 1_200
    products = every.cases.product[np.isin(every.cases.product, some.cases.product)]
    assert len(products) == len(some.cases)
