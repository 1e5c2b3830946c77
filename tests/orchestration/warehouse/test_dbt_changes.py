"""An increment leaves out exactly the models that depend on nothing new."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from support.product import REPO

from orchestration.landing.contract import FEEDS
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.dbt_changes import Changes, tables_without_new_rows
from orchestration.warehouse.duckdb import DuckDBWarehouse

DAY_BEFORE = {"known_from": "2026-04-06", "known_to": "2026-04-07"}
SAME_DAY = {"known_from": "2026-04-07", "known_to": "2026-04-07"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    return DbtProject(REPO / "dbt_project", target_dir=tmp_path_factory.mktemp("target"))


def changes(project: DbtProject, variables: dict[str, str], *, new: str) -> Changes:
    return Changes(project.manifest, variables, old_tables=FEEDS.keys() - {new})


def test_a_feed_without_new_rows_leaves_its_tables_as_they_are(project: DbtProject) -> None:
    staging = changes(project, DAY_BEFORE, new="members").unchanged("staging")
    assert {"stg_products", "stg_workspaces", "stg_credit_packs", "stg_credit_plans"} <= staging
    assert "stg_members" not in staging


def test_a_view_of_one_query_stays_whatever_is_new(project: DbtProject) -> None:
    new_events = changes(project, DAY_BEFORE, new="generation_events")
    assert {"stg_generation_events", "stg_quarantine"} <= new_events.unchanged("staging")
    assert "dim_members" in new_events.unchanged("dimensions")
    # the rows of an unchanged view are new to what reads it
    assert "stg_usage_by_batch" not in new_events.unchanged("staging")


def test_the_passing_of_a_day_changes_what_reads_as_of(project: DbtProject) -> None:
    assert "dim_periods" not in changes(project, DAY_BEFORE, new="members").unchanged("dimensions")
    assert "dim_periods" in changes(project, SAME_DAY, new="members").unchanged("dimensions")


def test_what_says_what_is_new_in_this_run_is_always_built(project: DbtProject) -> None:
    facts = changes(project, SAME_DAY, new="members").unchanged("facts")
    kept = {"int_changed_units", "int_changed_generations", "int_changed_days", "fct_restatements"}
    assert not kept & facts
    assert "int_generations_classified" not in facts


def test_what_a_python_step_writes_is_new_to_the_marts(project: DbtProject) -> None:
    marts = changes(project, SAME_DAY, new="members").unchanged("marts")
    assert not {"waste_suggestions", "depletion_paths", "model_registry"} & marts


def test_only_tables_with_rows_of_a_later_batch_are_new(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        for table, batch in (("members", 1), ("products", 2)):
            connection.execute(f"create table raw.{table} as select {batch} as batch_id")
    tables = {"members", "products"}
    assert tables_without_new_rows(DuckDBWarehouse(path), tables, since_batch=1) == {"members"}
    assert tables_without_new_rows(DuckDBWarehouse(path), tables, since_batch=2) == tables
