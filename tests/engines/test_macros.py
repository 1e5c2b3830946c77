"""The macros that differ by engine: all are tested, all are in one folder, and models name no engine."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
from engines.small_project import EXPECTED, LEFT, MACROS, calls, dispatched, run_twice, write_project
from support.product import REPO

ENGINES = re.compile(r"\b(duckdb|spark|databricks|delta|iceberg|hive|target\.(type|name))\b", re.IGNORECASE)
MODELS = REPO / "dbt_project" / "models"


def test_every_engine_macro_gives_the_expected_value_on_duckdb(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", target="duckdb")
    run_twice(project, target="duckdb", environment={"CREDITS_DATA_DIR": str(tmp_path)})
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        (values,) = connection.execute("select * from facts.expressions").fetchall()
        assert dict(zip(EXPECTED, values, strict=True)) == EXPECTED
        for table in ("by_day", "whole"):
            rows = connection.execute(
                f"select number, cast(day as varchar) from facts.{table} order by 1"
            ).fetchall()
            assert rows == LEFT


def test_every_dispatched_macro_has_both_engines_and_is_tested() -> None:
    tested = {*calls(), "delete_rows"}
    assert {name: engines for name, engines in dispatched().items() if engines != {"default", "spark"}} == {}
    assert dispatched().keys() - tested == set()


def test_only_macros_of_one_folder_differ_by_engine() -> None:
    elsewhere = [
        str(file.relative_to(REPO))
        for file in (REPO / "dbt_project").rglob("*.sql")
        if (MACROS / "engine") not in file.parents
        and ("adapter.dispatch" in file.read_text() or ENGINES.search(file.read_text()))
        and "target" not in file.relative_to(REPO / "dbt_project").parts
        and "semantic" not in file.relative_to(REPO / "dbt_project").parts
    ]
    assert elsewhere == []


def test_no_model_names_an_engine() -> None:
    named = {
        str(file.relative_to(MODELS)): found[0]
        for file in MODELS.rglob("*.*")
        # exposures name the readers of marts, not how they are built
        if file.name != "exposures.yml" and (found := ENGINES.search(file.read_text()))
    }
    assert named == {}
