"""People known by pseudonyms: what is built from the lake sees nothing else of them."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from support.delivered_people import deliver

from orchestration.lake.batch_writer import TABLES
from orchestration.lake.lake import Lake
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.journal import WITHHELD, CheckRow, Journal
from orchestration.warehouse.pseudonyms import Pseudonyms, expose_by_pseudonyms

NOW = datetime(2026, 4, 8, tzinfo=UTC)
SECRET = "a secret of the test"
TRACES = ("m_zoe", "zoë", "zoe@")


def exposed(root: Path, secret: str) -> DuckDBWarehouse:
    lake, warehouse = Lake(root / "raw"), DuckDBWarehouse(root / "warehouse.duckdb")
    expose_by_pseudonyms(
        warehouse, {f"raw.{table}": lake.paths(table) for table in TABLES}, Pseudonyms(secret)
    )
    return warehouse


@pytest.fixture
def root(tmp_path: Path) -> Path:
    deliver(tmp_path / "landing", "a", "m_zoe")
    Lake(tmp_path / "raw").ingest(tmp_path / "landing", now=NOW)
    return tmp_path


def test_a_pseudonym_is_the_keyed_hash_of_workspace_and_member() -> None:
    digest = hmac.new(SECRET.encode(), b"w1\0m_zoe", sha256).hexdigest()
    assert Pseudonyms(SECRET).of("w1", "m_zoe") == f"m-{digest[:16]}"
    others = {
        Pseudonyms(SECRET).of("w1", "m_zoe"),
        Pseudonyms(SECRET).of("w2", "m_zoe"),
        Pseudonyms("another " + SECRET).of("w1", "m_zoe"),
    }
    assert len(others) == 3
    assert Pseudonyms(SECRET).fingerprint != Pseudonyms("another " + SECRET).fingerprint


def test_no_view_of_the_lake_identifies_anyone_and_no_figure_changes(root: Path) -> None:
    lake, plain = Lake(root / "raw"), DuckDBWarehouse(root / "plain.duckdb")
    plain.expose_lake({f"raw.{table}": lake.paths(table) for table in TABLES})
    warehouse = exposed(root, SECRET)
    for table in TABLES:
        rows, before = (each.query(f"select * from raw.{table}") for each in (warehouse, plain))
        assert list(rows.columns) == list(before.columns)
        assert len(rows) == len(before)
        text = rows.to_json(force_ascii=False).casefold()
        assert not [trace for trace in TRACES if trace in text], table
        numbers = [name for name in ("credits", "row_id", "batch_id", "content_hash") if name in rows]
        assert rows[numbers].equals(before[numbers])


def test_names_are_the_pseudonym_and_reasons_are_without_the_value(root: Path) -> None:
    warehouse, zoe = exposed(root, SECRET), Pseudonyms(SECRET).of("w1", "m_zoe")
    assert warehouse.fetch("select member_id, name, email, team from raw.members") == [(zoe, zoe, None, "T")]
    assert warehouse.fetch("select rule, text, value, reason from raw.quarantine") == [
        ("number.format", None, None, "credits must be a plain decimal number")
    ]
    outcomes = warehouse.fetch("select member_id from raw.content_outcomes order by outcome_id")
    assert outcomes == [(Pseudonyms(SECRET).of("", "m_zoe"),), (zoe,)]


def test_people_of_a_later_batch_get_a_pseudonym_and_earlier_ones_keep_theirs(root: Path) -> None:
    exposed(root, SECRET)
    deliver(root / "landing", "b", "m_mike")
    Lake(root / "raw").ingest(root / "landing", now=NOW)
    warehouse = exposed(root, SECRET)
    known = [Pseudonyms(SECRET).of("w1", member) for member in ("m_zoe", "m_mike")]
    members = warehouse.fetch("select member_id from raw.generation_events order by batch_id")
    assert members == [(pseudonym,) for pseudonym in known]


def test_check_texts_without_pseudonyms_are_withheld_from_a_run_with_them(tmp_path: Path) -> None:
    rows = [
        CheckRow("raw", "raw.x", f"check_{passed}", "warning", passed, "m_zoe", "rule", "m_zoe")
        for passed in (True, False)
    ]
    for run, has_pseudonyms in (("1", False), ("2", True)):
        journal = Journal(tmp_path / "journal", has_pseudonyms=has_pseudonyms)
        journal.record_checks(rows, run_id=run, part="raw", checked_at=datetime(2026, 4, 8))
        assert journal.checks_of(run) == rows
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    warehouse.define(
        "privacy.people", "select 'w1' as workspace_id, 'm_zoe' as member_id, 'person_1' as pseudonym"
    )
    sql = "select run_id, message from journal.check_results where not passed order by run_id"
    journal.expose(warehouse)
    assert warehouse.fetch(sql) == [("1", WITHHELD), ("2", "m_zoe")]
    Journal(journal.root).expose(warehouse)
    assert warehouse.fetch(sql) == [("1", "m_zoe"), ("2", "m_zoe")]
