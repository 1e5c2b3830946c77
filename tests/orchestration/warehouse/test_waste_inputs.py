"""Which cases are read to train on, which are scored, and whose labels are counted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.waste_cases import last_day, sample_cases

from forecasting.waste.cells import IDS
from forecasting.waste.features import RATE_DAYS
from forecasting.waste.suggestions import Terms
from orchestration.warehouse import waste_inputs
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.waste_inputs import (
    Window,
    cases_of,
    labels_since,
    training_cases,
    waste_generations,
)

LAST = date(2026, 4, 10)
DAYS = np.arange(last_day() - 29, last_day() + 1)
FOUND = np.full(len(DAYS), 30)


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    select = """
        select * replace (
            cast(usage_date as date) as usage_date, cast(settled_on as date) as settled_on,
            cast(opposite_on as date) as opposite_on
        ) from frame
    """
    frame = sample_cases(3_000, 100, seed=1)
    warehouse.replace("facts.ml_waste_cases", frame, select=select)
    warehouse.replace("facts.int_generations_classified", frame, select=select)
    return warehouse


def window_of(warehouse: DuckDBWarehouse) -> Window:
    return Window.of(warehouse, as_of=LAST, days=180)


def scored(warehouse: DuckDBWarehouse) -> pd.DataFrame:
    """Every case of DAYS: its id, and two things that are known of it."""
    parts = list(cases_of(warehouse, DAYS, found=FOUND))
    rows = pd.concat([part.ids.assign(made_us=part.cases.made_us, day=part.cases.day) for part in parts])
    return rows.sort_values("row_id", ignore_index=True)


def test_more_cases_than_are_read_at_once_are_read_in_parts(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scored(warehouse)
    assert whole["row_id"].is_unique
    assert set(whole["day"]) == set(DAYS)
    monkeypatch.setattr(waste_inputs, "CASES_AT_ONCE", 100)
    parts = list(cases_of(warehouse, DAYS, found=FOUND))
    assert len(parts) == 10
    assert max(len(part.cases) for part in parts) < 200
    pd.testing.assert_frame_equal(scored(warehouse), whole)


def test_cases_of_some_days_are_the_same_among_all_that_were_read(warehouse: DuckDBWarehouse) -> None:
    window = window_of(warehouse)
    assert window.is_counted_whole
    part = training_cases(warehouse, window).of_days(DAYS)
    rows = part.ids.assign(made_us=part.cases.made_us, day=part.cases.day)
    pd.testing.assert_frame_equal(rows.sort_values("row_id", ignore_index=True), scored(warehouse))


def test_of_too_many_cases_those_of_half_of_the_products_are_trained_on(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = window_of(warehouse)
    assert (window.found, window.first_day) == (3_000, last_day() - 99)
    every = training_cases(warehouse, window).cases
    assert len(every) == 3_000
    monkeypatch.setattr(waste_inputs, "MAX_CASES", 1_600)
    assert not window.is_counted_whole
    some = training_cases(warehouse, window).cases
    assert 1_300 < len(some) < 1_600
    assert np.isin(every.product, some.product).sum() == len(some)
    # and the same ones, if there are a few more
    monkeypatch.setattr(waste_inputs, "MAX_CASES", 1_700)
    np.testing.assert_array_equal(training_cases(warehouse, window).cases.product, some.product)


@pytest.mark.parametrize("max_cases", [2_000_000, 1_600])
def test_rates_of_some_days_need_only_the_labels_of_28_days_before_them(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, max_cases: int
) -> None:
    monkeypatch.setattr(waste_inputs, "MAX_CASES", max_cases)
    window = window_of(warehouse)
    (part,) = cases_of(warehouse, DAYS, found=FOUND)
    few = labels_since(warehouse, window, int(DAYS[0]) - RATE_DAYS).counts("ruleset", part.cases)
    every = training_cases(warehouse, window).cases.history.counts("ruleset", part.cases)
    assert every.labels.max() > 10
    np.testing.assert_array_equal(few.labels, every.labels)
    np.testing.assert_array_equal(few.wasted, every.wasted)


def test_generations_of_a_workspace_are_read_together_when_all_are_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    select = "select *, date '2026-04-01' as usage_date, cast(1 as decimal(18, 6)) as credits from frame"
    numbers = np.arange(400)
    rows = pd.DataFrame(dict.fromkeys(IDS, "a"), index=numbers).assign(
        workspace_id=[f"w{number % 20}" for number in numbers],
        product_id=[f"p{number}" for number in numbers],
        waste_reason="failed_generation",
        disposition="wasted",
        **dict.fromkeys(("attempt_number", "variant_number", "attempt_count"), 1),
    )
    for table in ("fct_generations", "int_generations_classified"):
        warehouse.replace(f"facts.{table}", rows, select=select)
    terms = Terms(as_of=LAST, days=90, maturity_days=14, excess_attempts=3)
    (whole,) = waste_generations(warehouse, terms)
    monkeypatch.setattr(waste_inputs, "GENERATIONS_AT_ONCE", 100)
    parts = list(waste_generations(warehouse, terms))
    assert len(parts) == 5
    assert max(part["workspace_id"].nunique() for part in parts) < 20
    read = pd.concat(parts).sort_values("product_id", ignore_index=True)
    pd.testing.assert_frame_equal(read, whole.sort_values("product_id", ignore_index=True))
    workspaces = [workspace for part in parts for workspace in part["workspace_id"].unique()]
    assert len(workspaces) == len(set(workspaces)) == 20
