"""How DuckDB keeps a model: replaced in place, described, and as its contract says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from support.product import REPO

from orchestration.warehouse.dbt_build import DbtProject, NodeResult

Build = Callable[..., NodeResult]
YML = """
models:
  - name: kept
    description: "One row: $1, 'quoted'."
    config: {contract: {enforced: true}}
    columns:
      - {name: number, data_type: bigint, description: "A number."}
      - {name: name, data_type: varchar, description: "A name."}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the macros of the real one and a model whose query is a variable: parsed once a kind."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(REPO / "dbt_project" / "macros", folder / "macros")
    shutil.copy(REPO / "dbt_project" / "profiles.yml", folder)
    (folder / "dbt_project.yml").write_text(
        "name: credits\nversion: 1.0.0\nprofile: credits\nflags: {send_anonymous_usage_stats: false}\n"
        "models: {+schema: facts, +persist_docs: {relation: true, columns: true}}\n"
    )
    (folder / "models").mkdir()
    (folder / "models" / "kept.yml").write_text(YML)
    return folder


@pytest.fixture
def build(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Build the model from a query, in a warehouse of this test."""
    monkeypatch.setenv("CREDITS_DATA_DIR", str(tmp_path))

    def built(
        sql: str, *, materialized: str = "table", is_rebuilt: bool = False, ends: str = "''"
    ) -> NodeResult:
        appends = "incremental_strategy='append', on_schema_change='fail'"
        config = f"{{{{ config(materialized='{materialized}', {appends}) }}}}\n"
        (project / "models" / "kept.sql").write_text(
            config + f"{{{{ var('query', 'select 1') }}}} {{{{ {ends} }}}}"
        )
        dbt = DbtProject(project, target_dir=tmp_path / "target")
        variables = {"since_batch": None if is_rebuilt else 1, "query": sql}
        (result,) = dbt.build("facts", variables=variables, is_rebuilt=is_rebuilt)
        return result

    return built


def query(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_model_is_replaced_in_place_with_its_comments(build: Build, tmp_path: Path) -> None:
    for number, kind in ((1, "table"), (2, "table"), (3, "view"), (4, "incremental"), (5, "incremental")):
        sql = f"select 'a' as name, cast({number} as bigint) as number"
        assert build(sql, materialized=kind).passed
        rows = [(number - 1, "a"), (number, "a")] if number == 5 else [(number, "a")]
        assert query(tmp_path, "select number, name from facts.kept order by 1") == rows
        described = "select column_name, data_type, comment from duckdb_columns() where table_name = 'kept'"
        assert sorted(query(tmp_path, described)) == [
            ("name", "VARCHAR", "A name."),
            ("number", "BIGINT", "A number."),
        ]
        if kind != "view":
            found = query(tmp_path, "select comment from duckdb_tables() where table_name = 'kept'")
            assert found == [("One row: $1, 'quoted'.",)]
    assert query(tmp_path, "select count(*) from duckdb_tables()") == [(1,)]


def test_a_whole_table_is_written_in_the_order_of_its_days(build: Build, tmp_path: Path) -> None:
    """DuckDB reads a table by groups of 122,880 rows, of which it knows the first and the last day."""
    days = "cast(hash(range) % 100 as bigint) as number"
    sql = f"select {days}, cast(range as varchar) as name from range(400_000)"
    spans = "select max(number) - min(number) from facts.kept group by rowid // 122_880"
    assert build(sql, materialized="incremental", is_rebuilt=True).passed
    assert query(tmp_path, spans) == [(99,)] * 4
    assert build(sql, materialized="incremental", is_rebuilt=True, ends="in_order_of_days('number')").passed
    assert all(span < 50 for (span,) in query(tmp_path, spans))
    assert build("select 1 as number, 'a' as name", materialized="incremental").passed
    assert query(tmp_path, "select count(*), count(distinct name) from facts.kept") == [(400_001, 400_001)]


def test_a_model_that_breaks_its_contract_is_not_made(build: Build, tmp_path: Path) -> None:
    broken = build("select cast(1 as integer) as number, 'a' as name")
    assert not broken.passed and "contract" in broken.found
    assert build("select cast(1 as bigint) as number, 'a' as name").passed
    broken = build("select cast(2 as integer) as number, 'a' as name", is_rebuilt=True)
    assert not broken.passed and query(tmp_path, "select number from facts.kept") == [(1,)]


def test_a_model_that_fails_leaves_its_rows_and_its_error_in_the_log(build: Build, tmp_path: Path) -> None:
    log = tmp_path / "target" / "dbt.log"
    assert build("select cast(1 as bigint) as number, 'a' as name").passed
    assert "OK created sql table model facts.kept" in log.read_text()
    assert not build("select cast('x' || random() as bigint) as number, 'a' as name").passed
    assert "Could not convert string" in log.read_text()
    assert "select cast(" not in log.read_text()  # nor any other debug line
    assert query(tmp_path, "select number from facts.kept") == [(1,)]
