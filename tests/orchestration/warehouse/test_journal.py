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
CHARGE = {
    **{"workspace_id": "w1", "usage_date": date(2026, 4, 1), "team": "Web", "member_id": "ann"},
    **{"member_name": "Ann", "unit_price": Decimal("0.500000000000"), "generation_count": 1},
}
KEPT_AT = {
    "chargeback": (CHARGE, "published_at"),
    "restatements": (RESTATEMENT, "published_at"),
    "forecast_scores": (SCORE, "scored_at"),
    "depletion_forecast": (FORECAST, "published_at"),
}


def _rows(table: str, record: dict[str, object], as_of: date) -> pa.Table:
    names = [name for name in TABLES[table].names if name not in (KEPT_AT[table][1], "has_pseudonyms")]
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
    journal.keep(table, [rows], as_of=NEW.date(), run_id="r2", kept_at=NEW)

    journal.expose(warehouse)

    read = warehouse.query_arrow(f"select * from journal.{table} order by as_of")
    assert read.schema.names == TABLES[table].names
    assert read[kept_at].to_pylist() == [OLD, NEW]
    assert read["as_of"].to_pylist() == [OLD.date(), NEW.date()]
    other = {kept_at, "as_of", "has_pseudonyms"} & set(read.schema.names)
    assert read.drop_columns(other).slice(0, 1) == read.drop_columns(other).slice(1)


@pytest.mark.parametrize("table", KEPT_AT)
def test_a_new_file_has_the_new_column_name_only(tmp_path: Path, table: str) -> None:
    record, kept_at = KEPT_AT[table]
    journal = Journal(tmp_path)

    journal.keep(table, [_rows(table, record, NEW.date())], as_of=NEW.date(), run_id="r2", kept_at=NEW)

    (file,) = (tmp_path / table).glob("*.parquet")
    assert pq.read_schema(file).names == TABLES[table].names
    assert kept_at in TABLES[table].names and "told_at" not in TABLES[table].names


def test_the_rows_of_all_parts_are_kept_in_one_file_and_of_none_no_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    charges = [_rows("chargeback", CHARGE | {"workspace_id": name}, NEW.date()) for name in ("w1", "w2")]

    journal.keep("chargeback", [charges[0].slice(1)], as_of=NEW.date(), run_id="r1", kept_at=NEW)
    assert list(tmp_path.iterdir()) == []

    parts = [charges[0].slice(1), *charges]
    journal.keep("chargeback", parts, as_of=NEW.date(), run_id="r2", kept_at=NEW)
    (file,) = (tmp_path / "chargeback").iterdir()
    assert pq.read_table(file)["workspace_id"].to_pylist() == ["w1", "w2"]


def test_an_empty_journal_has_every_table_without_rows(tmp_path: Path) -> None:
    journal, warehouse = Journal(tmp_path / "journal"), DuckDBWarehouse(tmp_path / "warehouse.duckdb")

    journal.expose(warehouse)

    for table, schema in TABLES.items():
        read = warehouse.query_arrow(f"select * from journal.{table}")
        assert (read.num_rows, read.schema.names) == (0, schema.names)


def test_a_member_who_is_forgotten_is_renamed_in_every_charge_that_was_booked(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    rows = pa.concat_tables(
        _rows("chargeback", charge, NEW.date()) for charge in (CHARGE, CHARGE | {"workspace_id": "w2"})
    )
    journal.keep("chargeback", [rows], as_of=NEW.date(), run_id="r1", kept_at=NEW)
    journal.keep("chargeback", [rows.slice(1)], as_of=NEW.date(), run_id="r2", kept_at=NEW)
    (first, second) = sorted((tmp_path / "chargeback").glob("*.parquet"))
    untouched = second.stat().st_ino

    journal.rename_members(lambda *who: {("w1", "ann"): "forgotten-1"}.get(who))

    found = pq.read_table(first).select(["workspace_id", "member_id", "member_name", "team"]).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        ("w1", "forgotten-1", "forgotten-1", "(no team)"),
        ("w2", "ann", "Ann", "Web"),
    ]
    assert second.stat().st_ino == untouched


def test_with_pseudonyms_charges_that_were_booked_before_them_show_no_name(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    before, now = Journal(tmp_path / "journal"), Journal(tmp_path / "journal", has_pseudonyms=True)
    nobody = CHARGE | {"member_id": "(no member)", "member_name": "(no member)"}
    rows = pa.concat_tables(_rows("chargeback", charge, NEW.date()) for charge in (CHARGE, nobody))
    before.keep("chargeback", [rows], as_of=NEW.date(), run_id="r1", kept_at=NEW)
    hidden = CHARGE | {"member_id": "m-1", "member_name": "m-1"}
    now.keep(
        "chargeback", [_rows("chargeback", hidden, NEW.date())], as_of=NEW.date(), run_id="r2", kept_at=NEW
    )
    warehouse.define("privacy.people", "select 'w1' as workspace_id, 'ann' as member_id, 'm-1' as pseudonym")

    now.expose(warehouse)

    names = warehouse.query("select distinct member_id, member_name from journal.chargeback order by 1")
    assert names.to_numpy().tolist() == [["(no member)", "(no member)"], ["m-1", "m-1"]]
