"""The journal keeps what runs published, and reads the files of earlier versions."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.journal import TABLES, Journal

OLD, NEW = datetime(2026, 4, 5, 3), datetime(2026, 4, 6, 3)
RESTATEMENT = {
    "workspace_id": "w1",
    "usage_date": date(2026, 4, 1),
    "cause": "late",
    "credits_before": Decimal("1.000000"),
    "credits_after": Decimal("2.000000"),
    "wasted_credits_before": Decimal("0.000000"),
    "wasted_credits_after": Decimal("0.000000"),
}
SCORE = {"workspace_id": "w1", "kind": "published", "error_days": 3}
FORECAST = {"workspace_id": "w1", "forecast_status": "ok"}
KEPT_AT = {
    "restatements": (RESTATEMENT, "published_at"),
    "forecast_scores": (SCORE, "scored_at"),
    "depletion_forecast": (FORECAST, "published_at"),
}


def _rows(table: str, record: dict[str, object], as_of: date) -> pa.Table:
    names = [name for name in TABLES[table].names if name != KEPT_AT[table][1]]
    schema = pa.schema([TABLES[table].field(name) for name in names])
    return pa.Table.from_pylist([record | {"as_of": as_of}], schema)


def _written_before(root: Path, table: str, record: dict[str, object], *, as_of: date) -> None:
    """A file as the version before wrote it, which called the last column told_at."""
    rows = _rows(table, record, as_of).append_column("told_at", pa.array([OLD], pa.timestamp("us")))
    (root / table).mkdir(parents=True)
    pq.write_table(rows, root / table / f"{as_of}-old.parquet")


@pytest.mark.parametrize("table", KEPT_AT)
def test_files_with_the_old_column_name_are_read_with_the_new_one(tmp_path: Path, table: str) -> None:
    record, kept_at = KEPT_AT[table]
    journal, warehouse = Journal(tmp_path / "journal"), DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    _written_before(journal.root, table, record, as_of=OLD.date())
    rows = _rows(table, record, NEW.date())
    journal.keep(table, rows, as_of=NEW.date(), run_id="r2", kept_at=NEW)

    journal.expose(warehouse)

    read = warehouse.query_arrow(f"select * from journal.{table} order by as_of")
    assert read.schema.names == TABLES[table].names
    assert read[kept_at].to_pylist() == [OLD, NEW]
    assert read["as_of"].to_pylist() == [OLD.date(), NEW.date()]
    assert read.drop_columns([kept_at, "as_of"]).slice(0, 1) == read.drop_columns([kept_at, "as_of"]).slice(1)


@pytest.mark.parametrize("table", KEPT_AT)
def test_a_new_file_has_the_new_column_name_only(tmp_path: Path, table: str) -> None:
    record, kept_at = KEPT_AT[table]
    journal = Journal(tmp_path)

    journal.keep(table, _rows(table, record, NEW.date()), as_of=NEW.date(), run_id="r2", kept_at=NEW)

    (file,) = (tmp_path / table).glob("*.parquet")
    assert pq.read_schema(file).names == TABLES[table].names
    assert kept_at in TABLES[table].names and "told_at" not in TABLES[table].names


def test_an_empty_journal_has_every_table_without_rows(tmp_path: Path) -> None:
    journal, warehouse = Journal(tmp_path / "journal"), DuckDBWarehouse(tmp_path / "warehouse.duckdb")

    journal.expose(warehouse)

    for table, schema in TABLES.items():
        read = warehouse.query_arrow(f"select * from journal.{table}")
        assert (read.num_rows, read.schema.names) == (0, schema.names)
