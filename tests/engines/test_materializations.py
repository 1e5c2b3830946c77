"""How DuckDB keeps a model: replaced in place, described, and as its contract says."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from support.product import REPO

from orchestration.warehouse.dbt_build import DbtProject, NodeResult

YML = """
models:
  - name: kept
    description: "One row: $1, 'quoted'."
    config: {contract: {enforced: true}}
    columns:
      - {name: number, data_type: bigint, description: "A number."}
      - {name: name, data_type: varchar, description: "A name."}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the macros of the real one, and a model that `build` writes."""
    monkeypatch.setenv("CREDITS_DATA_DIR", str(tmp_path))
    shutil.copytree(REPO / "dbt_project" / "macros", tmp_path / "macros")
    shutil.copy(REPO / "dbt_project" / "profiles.yml", tmp_path)
    (tmp_path / "dbt_project.yml").write_text(
        "name: credits\nversion: 1.0.0\nprofile: credits\nflags: {send_anonymous_usage_stats: false}\n"
        "models: {+schema: facts, +persist_docs: {relation: true, columns: true}}\n"
    )
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "kept.yml").write_text(YML)
    return tmp_path


def build(folder: Path, sql: str, *, materialized: str = "table", is_rebuilt: bool = False) -> NodeResult:
    appends = "incremental_strategy='append', on_schema_change='fail'"
    config = f"{{{{ config(materialized='{materialized}', {appends}) }}}}\n"
    (folder / "models" / "kept.sql").write_text(config + sql)
    project = DbtProject(folder, target_dir=folder / "target")
    (result,) = project.build("facts", variables={"since_batch": 1}, is_rebuilt=is_rebuilt)
    return result


def query(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_model_is_replaced_in_place_with_its_comments(folder: Path) -> None:
    for number, kind in ((1, "table"), (2, "table"), (3, "view"), (4, "incremental"), (5, "incremental")):
        sql = f"select 'a' as name, cast({number} as bigint) as number"
        assert build(folder, sql, materialized=kind).passed
        rows = [(number - 1, "a"), (number, "a")] if number == 5 else [(number, "a")]
        assert query(folder, "select number, name from facts.kept order by 1") == rows
        described = "select column_name, data_type, comment from duckdb_columns() where table_name = 'kept'"
        assert sorted(query(folder, described)) == [
            ("name", "VARCHAR", "A name."),
            ("number", "BIGINT", "A number."),
        ]
        if kind != "view":
            found = query(folder, "select comment from duckdb_tables() where table_name = 'kept'")
            assert found == [("One row: $1, 'quoted'.",)]
    assert query(folder, "select count(*) from duckdb_tables()") == [(1,)]


def test_a_model_that_breaks_its_contract_is_not_made(folder: Path) -> None:
    broken = build(folder, "select cast(1 as integer) as number, 'a' as name")
    assert not broken.passed and "contract" in broken.found
    assert build(folder, "select cast(1 as bigint) as number, 'a' as name").passed
    broken = build(folder, "select cast(2 as integer) as number, 'a' as name", is_rebuilt=True)
    assert not broken.passed and query(folder, "select number from facts.kept") == [(1,)]


def test_a_model_that_fails_leaves_its_rows(folder: Path) -> None:
    assert build(folder, "select cast(1 as bigint) as number, 'a' as name").passed
    assert not build(folder, "select cast('x' || random() as bigint) as number, 'a' as name").passed
    assert query(folder, "select number from facts.kept") == [(1,)]
