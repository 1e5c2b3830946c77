"""E-mail addresses are delivered, and never published."""

from __future__ import annotations

import csv
import json

from support.product import NightlyRun


def delivered_addresses(run: NightlyRun) -> set[str]:
    found = set()
    for file in (run.landing / "members").iterdir():
        with file.open(encoding="utf-8", newline="") as lines:
            found |= {row["email"] for row in csv.DictReader(lines)}
    return found


def test_no_mart_has_an_email_column_or_holds_a_delivered_address(sample_run: NightlyRun) -> None:
    addresses = delivered_addresses(sample_run)
    assert len(addresses) == 5 and all("@" in address for address in addresses)
    tables = sample_run.query("select table_name, column_name from duckdb_columns() where not internal")
    assert len(tables) > 200
    assert [name for name in tables if "mail" in str(name[1]).lower()] == []
    for mart in sorted({str(table) for table, _ in tables}):
        cells = json.dumps(sample_run.query(f"from marts.{mart}"), default=str)
        assert [address for address in addresses if address in cells] == [], mart


def test_no_published_file_contains_an_email_address(sample_run: NightlyRun) -> None:
    files = [path for path in sample_run.published.resolve().rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        content = path.read_bytes()
        assert [
            address for address in delivered_addresses(sample_run) if address.encode() in content
        ] == [], path
