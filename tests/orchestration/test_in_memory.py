"""Connections in memory share one instance and nothing else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration.in_memory import in_memory


def test_neither_rows_nor_settings_of_a_connection_are_seen_by_others() -> None:
    with in_memory() as first, in_memory() as second:
        first.register("listed", pa.table({"credits": [1]}))
        first.execute("create temp table kept as from listed")
        first.execute("set TimeZone = 'Asia/Bangkok'")
        for name in ("listed", "kept"):
            with pytest.raises(duckdb.CatalogException):
                second.execute(f"from {name}")
        assert second.execute("select current_setting('TimeZone')").fetchall() == [("UTC",)]
    with in_memory() as third, pytest.raises(duckdb.CatalogException):
        third.execute("from kept")


def test_only_sql_that_is_ours_reads_files(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("credits\n1\n")
    with in_memory() as connection, pytest.raises(duckdb.PermissionException):
        connection.execute(f"from '{file}'")
    with in_memory(reads_files=True) as connection:
        assert connection.execute(f"from '{file}'").fetchall() == [(1,)]
