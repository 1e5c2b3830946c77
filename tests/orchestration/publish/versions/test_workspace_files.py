"""The files of one workspace hold all of its rows, and nothing of another."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.publish.versions import audit
from orchestration.publish.versions.build import PublishedVersion

Rows = dict[str, list[dict[str, Any]]]
Make = Callable[[Rows], Path]
Publish = Callable[..., PublishedVersion]
WITHOUT_WORKSPACE = ("data_quality", "model_registry")


def accuracy(workspace_id: str, cases: int) -> dict[str, Any]:
    return {
        **{"workspace_id": workspace_id, "kind": "published", "horizon_bucket": "(all)", "cases": cases},
        **{"covered_80_cases": cases, "coverage_80": 1, "median_abs_error_days": 1},
        **{"pace_median_abs_error_days": 2, "mean_abs_error_days": 1, "pace_mean_abs_error_days": 2},
    }


@pytest.fixture
def two(rows: Rows) -> Rows:
    """Two workspaces; every text of a row starts with a word for its workspace."""
    for mart, entries in list(rows.items()):
        if mart != "data_quality":
            rows[mart] = [
                *({**row, **renamed(row, "sesame-")} for row in entries),
                *({**row, **renamed(row, "thistle-")} for row in entries),
            ]
    rows["forecast_accuracy"] = [accuracy("thistle-w1", 31), accuracy("(all)", 4711)]
    return rows


def renamed(row: dict[str, Any], name: str) -> dict[str, str]:
    """The texts of a row, but for numbers and fixed values, each prefixed with a name."""
    kept = ("period", "source", "forecast_status", "timezone")
    texts = {key: value for key, value in row.items() if isinstance(value, str) and key not in kept}
    return {key: name + value for key, value in texts.items() if not value.replace(".", "").isdigit()}


@pytest.fixture
def version(two: Rows, make_warehouse: Make, publish_version: Publish, tmp_path: Path) -> Path:
    return publish_version(make_warehouse(two), tmp_path / "data", workspace_files=True).path


def marts_of(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        assert {schema for schema, _ in found} == {"marts"}
        return {name: connection.execute(f"from marts.{name}").fetchall() for _, name in found}


def test_each_workspace_has_its_rows_of_every_mart_as_published(version: Path) -> None:
    everything = marts_of(version / "credits.duckdb")
    assert {path.name for path in (version / "workspaces").iterdir()} == {"sesame-w1", "thistle-w1"}
    for workspace_id in ("sesame-w1", "thistle-w1"):
        folder = version / "workspaces" / workspace_id
        assert {path.name for path in folder.iterdir()} == {"credits.duckdb", "parquet", "report.html"}
        own = marts_of(folder / "credits.duckdb")
        assert set(own) == set(everything) - set(WITHOUT_WORKSPACE)
        for mart, rows in own.items():
            assert rows == [row for row in everything[mart] if workspace_id in row], mart
            parquet = pq.read_table(folder / "parquet" / f"{mart}.parquet").to_pylist()
            assert [tuple(row.values()) for row in parquet] == rows, mart
        assert len(own["usage_by_member"]) == 5
        assert "sesame-" in (version / "workspaces" / "sesame-w1" / "report.html").read_text()


def test_nothing_of_another_workspace_is_in_any_byte(version: Path) -> None:
    folder = version / "workspaces" / "sesame-w1"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        assert b"thistle" not in path.read_bytes(), path
    own = marts_of(folder / "credits.duckdb")
    assert {name for name, rows in own.items() if "thistle" in str(rows) or "(all)" in str(rows)} == set()
    # decompressed, too: a search of the bytes would miss it
    for path in folder.rglob("*.parquet"):
        assert "thistle" not in str(pq.read_table(path).to_pylist()), path


def test_the_accuracy_over_all_workspaces_is_on_the_common_page_only(version: Path) -> None:
    assert "4,711 forecasts published" in (version / "report" / "sesame-w1.html").read_text()
    assert "forecasts published" not in (version / "workspaces" / "sesame-w1" / "report.html").read_text()
    assert "31 forecasts published" in (version / "workspaces" / "thistle-w1" / "report.html").read_text()


def test_a_workspace_with_the_id_all_gets_no_totals_over_all(
    two: Rows, make_warehouse: Make, publish_version: Publish, tmp_path: Path
) -> None:
    two["credit_summary"][0]["workspace_id"] = "(all)"
    version = publish_version(make_warehouse(two), tmp_path / "data", workspace_files=True).path
    folder = version / "workspaces" / "%28all%29"
    assert marts_of(folder / "credits.duckdb")["forecast_accuracy"] == []
    assert "4,711" not in (folder / "report.html").read_text()


def test_types_comments_and_storage_are_those_of_the_full_version(version: Path) -> None:
    query = (
        "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = 'marts'"
        f" and table_name not in {WITHOUT_WORKSPACE} order by all"
    )
    storage = "select tags['storage_version'] from duckdb_databases() where database_name = 'credits'"
    found = []
    for folder in (version, version / "workspaces" / "sesame-w1"):
        with duckdb.connect(str(folder / "credits.duckdb"), read_only=True) as connection:
            assert connection.execute(storage).fetchall() == [("v1.2.0+",)]
            found.append(connection.execute(query).fetchall())
    assert found[0] == found[1]
    assert ("credit_summary", "credits_used", "DECIMAL(38,6)", "Credits of the window.") in found[1]


def test_ids_that_are_paths_or_sql_stay_in_their_folder(
    two: Rows, make_warehouse: Make, publish_version: Publish, tmp_path: Path
) -> None:
    ids = ["..", "../../etc/passwd", "'; drop table marts.credit_summary; --", "x" * 500, 'a\n\t"%\u202e']
    ids += ["case", "Case", "CASE"]
    summary, day = two["credit_summary"][0], {"usage_date": "2026-04-07", "credits": Decimal("1.5")}
    two["credit_summary"] = [{**summary, "workspace_id": id} for id in ids]
    two["usage_daily"] = [{**day, "workspace_id": id} for id in ids]
    version = publish_version(make_warehouse(two), tmp_path / "data", workspace_files=True).path
    folders = list((version / "workspaces").iterdir())
    found = sorted(marts_of(folder / "credits.duckdb")["usage_daily"][0][0] for folder in folders)
    assert found == sorted(ids)
    assert {folder.resolve().parent for folder in folders} == {(version / "workspaces").resolve()}
    # on a disk that folds case as well: of folders, pages, and the links to them
    pages = {page.name.casefold() for page in (version / "report").glob("*.html")}
    assert len({folder.name.casefold() for folder in folders}) == len(pages) == len(ids)
    index = (version / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="report/([^"]+)"', index)
    assert {unquote(link).casefold() for link in links} == pages
    assert list(audit._wrong_pages(duckdb.connect(str(version / "credits.duckdb")), version / "report")) == []


def test_workspace_files_are_written_only_on_request(
    two: Rows, make_warehouse: Make, publish_version: Publish, tmp_path: Path
) -> None:
    assert not (publish_version(make_warehouse(two), tmp_path / "data").path / "workspaces").exists()
