"""Which models of a layer a run only tests: none, those that depend on nothing new, or all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from support.product import REPO

from orchestration.defs.dbt_layers import checked, unchanged_models
from orchestration.landing.contract import FEEDS
from orchestration.warehouse.dbt_build import DbtProject, NodeResult
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.run_state import RunState


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    return DbtProject(REPO / "dbt_project", target_dir=tmp_path_factory.mktemp("target"))


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    """Batch 1 has rows of every feed, batch 2 of members."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        for feed in FEEDS:
            batch = 2 if feed == "members" else 1
            connection.execute(f"create table raw.{feed} as select {batch} as batch_id")
    return DuckDBWarehouse(path)


@pytest.mark.parametrize(
    ("since_batch", "known_from", "known_to", "unchanged"),
    [
        (None, "2026-04-07", "2026-04-07", "nothing"),
        (2, "2026-04-07", "2026-04-07", "everything"),
        (1, "2026-04-07", "2026-04-07", "some"),
        (2, "2026-04-06", "2026-04-07", "some"),
        (2, "2026-04-07", "2026-04-09", "some"),
    ],
)
def test_a_run_builds_only_what_may_have_changed(
    project: DbtProject,
    warehouse: DuckDBWarehouse,
    since_batch: int | None,
    known_from: str,
    known_to: str,
    unchanged: str,
) -> None:
    dbt_variables = {"since_batch": since_batch, "known_from": known_from, "known_to": known_to}
    run_state = RunState(batch_id=2, as_of=date(2026, 4, 7), definitions="d")
    found = unchanged_models("staging", project, warehouse, dbt_variables, run_state)
    everything = project.relations("staging")
    assert found <= everything
    assert unchanged == ("nothing" if not found else "everything" if found == everything else "some")
    assert ("stg_members" in found) == (since_batch == 2)


def test_marts_are_built_again_if_a_python_step_wrote_other_tables(
    project: DbtProject, warehouse: DuckDBWarehouse
) -> None:
    dbt_variables = {"since_batch": 2, "known_from": "2026-04-07", "known_to": "2026-04-07"}
    run_state = RunState(batch_id=2, as_of=date(2026, 4, 7), definitions="d")
    left = unchanged_models("marts", project, warehouse, dbt_variables, run_state, has_new_tables=True)
    assert not left & {"model_registry", "credit_summary"}


def test_the_tests_of_a_model_are_one_check_that_names_each() -> None:
    def result(name: str, *, passed: bool, kind: str = "test") -> NodeResult:
        found = f"{int(not passed)} failing rows"
        return NodeResult(kind, "facts.fct_doors", name, passed, found, 0.1, f"A door {name}.")

    results = [
        result("fct_doors", passed=True, kind="table"),
        result("is_shut", passed=True),
        result("is_locked", passed=False),
    ]
    (check,) = checked(results, {dg.AssetKey(["facts", "fct_doors"])})

    assert not check.passed
    assert {name: found.value for name, found in check.metadata.items()} == {
        "checks": 2,
        "is_shut": "passed: A door is_shut. 0 failing rows.",
        "is_locked": "failed: A door is_locked. 1 failing rows.",
    }
    assert check.description == "1 of 2 dbt tests passed"
    assert list(checked(results, set())) == [], "a test of a model of another layer is no check of this one"
