"""What an incremental run may build on, and which variables dbt gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.run_state import (
    RunState,
    begin,
    complete,
    definitions_of,
    is_ahead,
    is_of,
    is_unchanged,
    tables_changed_since,
    variables,
)


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "warehouse.duckdb")


def state(batch_id: int, day: int, definitions: str = "d") -> RunState:
    return RunState(batch_id=batch_id, as_of=date(2026, 4, day), definitions=definitions)


def test_without_a_complete_run_everything_is_rebuilt(warehouse: DuckDBWarehouse) -> None:
    begin(warehouse, state(1, 7))
    assert variables(warehouse, state(1, 7), served=None)["since_batch"] is None


def test_a_run_builds_on_the_last_complete_one(warehouse: DuckDBWarehouse) -> None:
    begin(warehouse, state(1, 7))
    complete(warehouse, state(1, 7))
    begin(warehouse, state(2, 9))
    dbt_variables = variables(warehouse, state(2, 9), served=state(1, 7))
    assert dbt_variables == {
        "as_of": "2026-04-09",
        "newest_batch": 2,
        "since_batch": 1,
        "since_as_of": "2026-04-07",
        "known_from": "2026-04-07",
        "known_to": "2026-04-09",
        "served_batch": 1,
        "served_as_of": "2026-04-07",
        "is_redefined": False,
        "is_renamed": False,
        "tag_keys": [],
        "month_closes_on": 5,
    }


def test_rows_of_unfinished_runs_are_recomputed(warehouse: DuckDBWarehouse) -> None:
    complete_run(warehouse, state(1, 7))
    for killed in (state(2, 20), state(3, 2)):
        begin(warehouse, killed)
    begin(warehouse, state(3, 8))
    dbt_variables = variables(warehouse, state(3, 8), served=state(1, 7))
    assert (dbt_variables["since_batch"], dbt_variables["known_from"], dbt_variables["known_to"]) == (
        1,
        "2026-04-02",
        "2026-04-20",
    )


def complete_run(warehouse: DuckDBWarehouse, at: RunState) -> None:
    begin(warehouse, at)
    complete(warehouse, at)


def test_a_warehouse_of_other_definitions_or_of_a_newer_lake_is_not_reused(
    warehouse: DuckDBWarehouse,
) -> None:
    assert not is_of(warehouse, definitions="d", newest_batch=1)
    complete_run(warehouse, state(2, 7))
    assert is_of(warehouse, definitions="d", newest_batch=2)
    assert not is_of(warehouse, definitions="other", newest_batch=2)
    assert not is_of(warehouse, definitions="d", newest_batch=1)


def test_a_version_of_other_definitions_is_detected(warehouse: DuckDBWarehouse) -> None:
    begin(warehouse, state(1, 7))
    assert variables(warehouse, state(1, 7), served=state(1, 7, "other"))["is_redefined"]


def test_a_run_state_is_read_back_as_written(tmp_path: Path) -> None:
    assert RunState.read(tmp_path) is None
    state(3, 7).write(tmp_path, presentation="")
    assert RunState.read(tmp_path) == state(3, 7)


def test_the_fingerprint_changes_with_every_byte_and_every_name(tmp_path: Path) -> None:
    one, two = tmp_path / "a.sql", tmp_path / "b.sql"
    one.write_text("select 1")
    two.write_text("select 2")
    before = definitions_of([one, two])
    assert definitions_of([two, one]) == before
    two.write_text("select 3")
    assert definitions_of([one, two]) != before
    assert definitions_of([one]) != definitions_of([one.rename(tmp_path / "c.sql")])


def test_with_another_release_of_duckdb_nothing_is_found_by_hashes_that_were_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = definitions_of([])
    monkeypatch.setattr(duckdb, "__version__", "2.0.2")
    assert definitions_of([]) != before


def test_other_tag_keys_are_other_definitions(warehouse: DuckDBWarehouse) -> None:
    fingerprints = {
        definitions_of([], tag_keys=keys) for keys in ((), ("a",), ("a", "b"), ("ab",), ("b", "a"))
    }
    assert len(fingerprints) == 5
    begin(warehouse, state(1, 7))
    assert variables(warehouse, state(1, 7), served=None, tag_keys=("a", "b"))["tag_keys"] == ["a", "b"]


def test_a_warehouse_newer_than_the_served_version_is_ahead(warehouse: DuckDBWarehouse) -> None:
    assert not is_ahead(warehouse, state(1, 7))
    complete_run(warehouse, state(2, 8))
    assert not is_ahead(warehouse, None)
    assert not is_ahead(warehouse, state(2, 8))
    # published, and killed before the warehouse noted it
    assert not is_ahead(warehouse, state(3, 9))
    # after going back to an older version
    assert is_ahead(warehouse, state(1, 8))
    assert is_ahead(warehouse, state(2, 7))
    # after going back to a version of other definitions
    assert is_ahead(warehouse, replace(state(2, 8), definitions="before"))
    # rows of an unfinished run do not matter: they are recomputed
    begin(warehouse, state(3, 9))
    assert not is_ahead(warehouse, state(2, 8))


def test_what_a_complete_run_built_is_unchanged_only_for_the_same_batches_and_day(
    warehouse: DuckDBWarehouse,
) -> None:
    begin(warehouse, state(1, 7))
    assert not is_unchanged(warehouse, state(1, 7))
    complete(warehouse, state(1, 7))
    begin(warehouse, state(1, 7))
    assert is_unchanged(warehouse, state(1, 7))
    assert not is_unchanged(warehouse, state(2, 7))
    assert not is_unchanged(warehouse, state(1, 8))
    # a run of another day was interrupted since: some of its tables may be there
    begin(warehouse, state(1, 8))
    assert not is_unchanged(warehouse, state(1, 7))


def test_a_table_that_changed_since_a_complete_run_is_named(warehouse: DuckDBWarehouse) -> None:
    def write(sql: str) -> None:
        with warehouse.connect() as connection:
            connection.execute(sql)

    write("create schema facts; create table facts.a as select 1 as x; create table facts.b as select 1 as x")
    assert tables_changed_since(warehouse) == []
    complete_run(warehouse, state(1, 7))
    assert tables_changed_since(warehouse) == []
    write("insert into facts.a values (2); create table facts.c as select 1 as x")
    assert tables_changed_since(warehouse) == ["facts.a", "facts.c"]
    write("drop table facts.b")
    assert tables_changed_since(warehouse) == ["facts.a", "facts.b", "facts.c"]
    # what a run has begun and not completed, the next one recomputes anyway
    begin(warehouse, state(2, 8))
    assert tables_changed_since(warehouse) == []
