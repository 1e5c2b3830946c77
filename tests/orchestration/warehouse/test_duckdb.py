"""The file stays open for a session, and a damaged one is recognised by DuckDB's error message."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.warehouse.duckdb import DuckDBWarehouse, says_torn


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    made = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    with made.connect() as connection:
        connection.execute("create table t as select range as n, md5(range::text) as m from range(200000)")
    return made


def read(warehouse: DuckDBWarehouse) -> str:
    """What DuckDB says when all is read."""
    with pytest.raises(duckdb.Error) as caught, warehouse.connect() as connection:
        connection.execute("select max(n), max(m) from t").fetchall()
    return str(caught.value)


def test_a_truncated_file_is_torn(warehouse: DuckDBWarehouse) -> None:
    content = warehouse.path.read_bytes()
    warehouse.path.write_bytes(content[: int(len(content) * 0.9)])
    assert says_torn(read(warehouse))


def test_a_file_with_flipped_bytes_is_torn(warehouse: DuckDBWarehouse) -> None:
    content = bytearray(warehouse.path.read_bytes())
    for place in range(3 * 4096 + 100, len(content), 50_000):
        content[place] ^= 0xFF
    warehouse.path.write_bytes(content)
    assert says_torn(read(warehouse))


def test_other_failures_are_not_torn(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error) as caught, warehouse.connect() as connection:
        connection.execute("from no_such_table")
    assert not says_torn(str(caught.value))
    assert not says_torn("IO Error: Could not write file: No space left on device")
    assert not says_torn(f'IO Error: Could not read enough bytes from file "{tmp_path}/raw/a.parquet"')


def test_a_file_set_aside_is_kept_and_its_wal_is_removed(warehouse: DuckDBWarehouse) -> None:
    wal = warehouse.path.with_name("warehouse.duckdb.wal")
    wal.write_bytes(b"left over")
    aside = warehouse.set_aside()
    assert aside is not None and aside.exists()
    assert not warehouse.path.exists() and not wal.exists()
    assert warehouse.set_aside() is None


def test_a_file_kept_open_is_opened_once_and_closed_before_it_is_published_or_removed(
    warehouse: DuckDBWarehouse,
) -> None:
    for close in (warehouse.close, warehouse.remove, lambda: warehouse.marts_file([]).__enter__()):
        warehouse.replace("main.t", pd.DataFrame({"x": [1, 2]}), select="select * from frame")
        warehouse.keep_open()
        warehouse.keep_open()
        # an open database is shared by name: it is still there when its file is not
        aside = warehouse.path.rename(warehouse.path.with_suffix(".aside"))
        assert warehouse.row_counts(["main.t"]) == {"main.t": 2}
        aside.rename(warehouse.path)
        close()
        warehouse.path.unlink(missing_ok=True)
        with pytest.raises(duckdb.CatalogException):
            warehouse.row_counts(["main.t"])


def test_a_file_that_cannot_be_kept_open_leaves_the_reason_to_each_call(tmp_path: Path) -> None:
    (tmp_path / "broken.duckdb").write_text("no database" * 2000)
    broken = DuckDBWarehouse(tmp_path / "broken.duckdb")
    broken.keep_open()
    with pytest.raises(duckdb.Error):
        broken.row_counts(["t"])


@pytest.mark.parametrize(("deleted", "stored"), [(200_000, 1_000_000), (400_000, 640_000)])
def test_a_table_is_rewritten_once_a_quarter_of_its_rows_is_deleted(
    warehouse: DuckDBWarehouse, deleted: int, stored: int
) -> None:
    with warehouse.connect() as connection:
        connection.execute("create table big as select range as n from range(1000000)")
        connection.execute("delete from big where hash(n) % 1000000 < ?", [deleted])
    with warehouse.building(), warehouse.connect() as connection:
        connection.execute("create table other as select 1 as n")
        connection.execute("checkpoint")
        sizes = connection.execute("select table_name, estimated_size from duckdb_tables()").fetchall()
    warehouse.close()
    assert dict(sizes)["big"] == pytest.approx(stored, rel=0.2)
