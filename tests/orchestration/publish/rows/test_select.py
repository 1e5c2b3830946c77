"""The rows that `credits query` and `credits export` read, and their formats."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.publish.rows.select import ExtractError, mart_rows, query_rows
from orchestration.publish.rows.write import (
    OutError,
    output_file,
    write_csv,
    write_json,
    write_parquet,
    write_table,
)

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], Path]


def written(published: Path, sql: str, write: Callable[..., None]) -> str:
    out = io.BytesIO()
    with query_rows(published, sql) as rows:
        write(rows, out)
    return out.getvalue().decode()


def test_a_query_is_answered_from_the_published_marts(publish: Publish, rows: Rows) -> None:
    sql = "select member_name, credits from marts.usage_by_member order by spend_rank limit 2"
    published = publish(rows)
    assert written(published, sql, write_csv) == (
        "member_name,credits\r\nSarah,680.000000\r\nMike,520.000000\r\n"
    )
    assert written(published, sql, write_table).splitlines() == [
        "member_name     credits",
        "-----------  ----------",
        "Sarah        680.000000",
        "Mike         520.000000",
    ]
    assert json.loads(written(published, sql, write_json)) == [
        {"member_name": "Sarah", "credits": "680.000000"},
        {"member_name": "Mike", "credits": "520.000000"},
    ]


@pytest.mark.parametrize(
    "sql", ["show all tables", "describe marts.credit_lots", "explain select 1", "values (1)"]
)
def test_any_read_only_statement_is_answered(publish: Publish, rows: Rows, sql: str) -> None:
    assert written(publish(rows), sql, write_csv).count("\r\n") > 1


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select 1; select 2", "2 statements"),
        ("select 1; drop table marts.credit_lots", "2 statements"),
        ("", "0 statements"),
        ("-- nothing", "0 statements"),
        ("delete from marts.credit_lots", "DELETE"),
        ("copy marts.credit_lots to 'x.csv'", "COPY"),
        ("attach 'x' as y", "ATTACH"),
        ("set memory_limit = '1GB'", "SET"),
        ("create temp table mine as select 1", "CREATE"),
        ("pivot marts.usage_daily on member_id", r"Name the values of a PIVOT"),
        ("selec 1", "the query failed: Parser Error"),
        ("select * from read_text('/etc/passwd')", "the query failed: Permission Error"),
        ("select * from nowhere", "the query failed: Catalog Error"),
    ],
)
def test_anything_but_one_read_only_statement_is_refused(
    publish: Publish, rows: Rows, sql: str, found: str
) -> None:
    with pytest.raises(ExtractError, match=found):
        written(publish(rows), sql, write_csv)


def test_an_error_while_rows_are_fetched_is_reported(publish: Publish, rows: Rows) -> None:
    sql = "select cast(case when i < 20000 then '1' else 'x' end as integer) from range(30000) t(i)"
    with pytest.raises(ExtractError, match="Conversion Error"):
        written(publish(rows), sql, write_csv)


def test_a_table_shows_the_first_thousand_rows_and_notes_that_there_are_more(
    publish: Publish, rows: Rows
) -> None:
    lines = written(publish(rows), "from range(1001)", write_table).splitlines()
    assert lines[-2:] == ["  999", "(the first 1,000 rows; all of them with --format csv or json)"]
    assert "more" not in written(publish(rows), "from range(1000)", write_table)


def test_json_without_rows_is_an_empty_array_and_duplicate_columns_are_refused(
    publish: Publish, rows: Rows
) -> None:
    published = publish(rows)
    assert json.loads(written(published, "select 1 as a where false", write_json)) == []
    with pytest.raises(OutError, match="found a, a"):
        written(published, "select 1 as a, 2 as a", write_json)


def test_an_export_has_every_row_of_the_mart_or_those_of_one_workspace(
    publish: Publish, rows: Rows, tmp_path: Path
) -> None:
    hostile = "=cmd|' /C calc'!A1"
    rows["usage_daily"] = [
        {"workspace_id": id, "usage_date": "2026-04-07", "member_id": member, "credits": credits}
        for id, member, credits in (("w1", hostile, "-5.5"), ("w2", "m", "1"), ("'; drop", "m", "1"))
    ]
    rows["credit_summary"] += [{**rows["credit_summary"][0], "workspace_id": id} for id in ("w2", "'; drop")]
    published = publish(rows)

    def exported(workspace_id: str | None) -> list[dict[str, str]]:
        out = io.BytesIO()
        with mart_rows(published, "usage_daily", workspace_id=workspace_id) as found:
            write_csv(found, out)
        return list(csv.DictReader(io.StringIO(out.getvalue().decode(), newline="")))

    assert [row["workspace_id"] for row in exported(None)] == ["'; drop", "w1", "w2"]
    assert [row["workspace_id"] for row in exported("'; drop")] == ["'; drop"]
    assert [(row["member_id"], row["credits"]) for row in exported("w1")] == [("'" + hostile, "-5.500000")]

    with output_file(tmp_path / "out.parquet") as out, mart_rows(published, "usage_daily") as found:
        write_parquet(found, out)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["member_id"].to_pylist() == ["m", hostile, "m"]
    assert table["credits"].to_pylist() == [Decimal(1), Decimal("-5.5"), Decimal(1)]


def test_the_error_of_a_refused_export_lists_what_can_be_exported(
    publish: Publish, rows: Rows, tmp_path: Path
) -> None:
    published = publish(rows)
    for mart, workspace_id, message in (
        ("usage_weekly; drop", None, r"'usage_weekly; drop' is none\. Use one of: budget_status, "),
        ("data_quality", "w1", "those of data_quality are not"),
        ("usage_daily", "w9", r"'w9' is none\. Use --workspace with one of: w1\."),
    ):
        with (
            pytest.raises(ExtractError, match=message),
            mart_rows(published, mart, workspace_id=workspace_id),
        ):
            pass
    with pytest.raises(ExtractError, match="Run `credits run` first"), mart_rows(tmp_path / "no", "x"):
        pass


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError), output_file(target) as out:
        out.write(b"half")
        raise RuntimeError
    assert (target.read_text(), list(tmp_path.iterdir())) == ("old", [target])
    with output_file(target) as out:
        out.write(b"new")
        assert target.read_text() == "old"
    assert (target.read_text(), list(tmp_path.iterdir())) == ("new", [target])


def test_a_file_is_not_written_where_there_is_a_device_or_no_folder(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path, "regular file"),
        (Path("/dev/null"), "regular"),
        (tmp_path / "a/b", "Make"),
    ):
        with pytest.raises(OutError, match=said), output_file(path):
            pass
