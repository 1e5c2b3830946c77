"""The contents of a version, and that readers always see one complete version."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.report.load import REPORT_MARTS, load_report
from orchestration.publish.versions import audit, export
from orchestration.publish.versions.build import PublishedVersion, activate, build_version, seal
from orchestration.publish.versions.export import PublishError

Rows = dict[str, list[dict[str, Any]]]
Make = Callable[[Rows], Path]
Publish = Callable[..., PublishedVersion]
NOW = datetime(2026, 4, 8, 2, tzinfo=UTC)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def read(database: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_version_has_the_database_a_parquet_file_of_each_mart_and_a_page_of_each_workspace(
    rows: Rows, make_warehouse: Make, tmp_path: Path, publish_version: Publish
) -> None:
    rows["credit_summary"].append({**rows["credit_summary"][0], "workspace_id": "a/b ü"})
    version = publish_version(make_warehouse(rows), tmp_path / "data")

    assert version.number == 1
    assert version.path == tmp_path / "data" / "versions" / "1"
    assert version.row_counts["usage_by_member"] == 5
    assert version.row_counts["data_quality"] == 3
    # no write-ahead log or temporary file remains
    assert names(version.path) == {"credits.duckdb", "index.html", "manifest.json", "parquet", "report"}
    pages = {"w1", "a%2Fb%20%C3%BC"}
    assert names(version.path / "report") == {f"{page}.{kind}" for page in pages for kind in ("html", "csv")}
    assert "published 8 Apr 2026, 02:10 UTC" in (version.path / "report" / "w1.html").read_text()
    assert names(version.path / "parquet") == {f"{mart}.parquet" for mart in version.row_counts}


def test_only_the_marts_are_published(publish: Make, rows: Rows) -> None:
    found = read(publish(rows) / "credits.duckdb", "select distinct schema_name from duckdb_tables()")
    assert found == [("marts",)]


def test_types_and_comments_are_kept_and_views_become_tables(
    rows: Rows, make_warehouse: Make, publish: Make, tmp_path: Path
) -> None:
    query = (
        "select table_name, column_name, data_type, comment from duckdb_columns()"
        " where schema_name = 'marts' order by all"
    )
    published = publish(rows) / "credits.duckdb"
    columns = read(published, query)
    assert columns == read(tmp_path / "warehouse.duckdb", query)
    assert ("credit_summary", "credits_used", "DECIMAL(38,6)", "Credits of the window.") in columns
    comment = "select comment from duckdb_tables() where table_name = 'credit_summary'"
    assert read(published, comment) == [("One row for each workspace's period.",)]
    assert read(published, "select count(*) from duckdb_views() where not internal") == [(0,)]


def test_the_published_file_can_be_opened_by_older_clients(publish: Make, rows: Rows) -> None:
    found = read(
        publish(rows) / "credits.duckdb",
        "select tags['storage_version'] from duckdb_databases() where database_name = 'credits'",
    )
    assert found == [("v1.2.0+",)]


def test_the_same_marts_give_the_same_rows_in_the_same_order(
    rows: Rows, make_warehouse: Make, tmp_path: Path, publish_version: Publish
) -> None:
    first = publish_version(make_warehouse(rows), tmp_path / "data")
    reordered = {mart: entries[::-1] for mart, entries in rows.items()}
    second = publish_version(make_warehouse(reordered), tmp_path / "data")

    for mart in first.row_counts:
        file = Path("parquet") / f"{mart}.parquet"
        assert (first.path / file).read_bytes() == (second.path / file).read_bytes(), mart
    details = read(second.path / "credits.duckdb", "select event_id from marts.generation_details")
    assert details == [("e1",), ("e2",), ("e3",)]


def test_a_built_version_is_not_served_until_it_is_activated(
    rows: Rows, make_warehouse: Make, publish: Make, tmp_path: Path
) -> None:
    served = publish(rows)
    rows["credit_summary"][0]["credits_used"] = 9999
    built = build_version(make_warehouse(rows), tmp_path / "data", published_at=NOW)
    assert load_report(served, workspace_id="w1", days=30).summary.credits_used == 2340
    assert load_report(built.path, workspace_id="w1", days=30).summary.credits_used == 9999

    seal(built, tmp_path / "data")
    activated = activate(built, tmp_path / "data")
    assert load_report(served, workspace_id="w1", days=30).summary.credits_used == 9999
    assert served.resolve() == activated.path.resolve()
    assert served.readlink() == Path("versions/2")


def test_marts_are_read_written_and_audited_within_the_limit_of_memory(
    rows: Rows, make_warehouse: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: dict[str, set[str]] = {}
    opened = export.opened_within

    @contextmanager
    def spy(memory_limit: str | None, database: Path, *, spill_to: Path) -> Iterator[Any]:
        with opened(memory_limit, database, spill_to=spill_to) as connection:
            (limit,) = connection.execute("select current_setting('memory_limit')").fetchall()[0]
            limits.setdefault(database.name, set()).add(limit)
            yield connection

    for module in (export, audit):
        monkeypatch.setattr(module, "opened_within", spy)
    warehouse = make_warehouse(rows)
    built = build_version(warehouse, tmp_path / "data", published_at=NOW, memory_limit="128MiB")
    assert limits == {warehouse.name: {"128.0 MiB"}, "credits.duckdb": {"128.0 MiB"}}
    # nothing that was spilled is left
    assert names(built.path) == {"credits.duckdb", "index.html", "parquet", "report"}
    with pytest.raises(PublishError, match="Out of Memory"):
        audit.audit_version(built, as_of=date(2026, 4, 7), memory_limit="1KB")


def test_an_open_reader_keeps_its_version_and_the_next_one_gets_the_new_one(
    rows: Rows, publish: Make, tmp_path: Path
) -> None:
    query = "select credits_used from marts.credit_summary"
    served = publish(rows)
    # the same process and the same path: the hardest case
    with duckdb.connect(str(served / "credits.duckdb"), read_only=True) as reader:
        rows["credit_summary"][0]["credits_used"] = 9999
        publish(rows)
        for number in range(3, 8):
            (tmp_path / "data" / "versions" / str(number)).mkdir()
        publish(rows)
        assert not (served.parent / "versions" / "1").exists()
        assert reader.execute(query).fetchall() == [(2340,)]
        assert load_report(served, workspace_id=None, days=30).summary.credits_used == 9999


def test_leftovers_of_a_killed_publisher_are_never_served_and_are_removed(
    rows: Rows, make_warehouse: Make, publish: Make, tmp_path: Path
) -> None:
    served = publish(rows)
    build_version(make_warehouse(rows), tmp_path / "data", published_at=NOW)
    assert names(served.parent / "versions") == {"1", ".tmp-2"}
    assert served.readlink() == Path("versions/1")

    publish(rows)
    assert names(served.parent / "versions") == {"1", "2"}
    assert served.readlink() == Path("versions/2")


def test_a_publisher_killed_before_the_link_moves_leaves_the_old_version_served(
    rows: Rows, publish: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    served = publish(rows)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(rows)
    assert served.readlink() == Path("versions/1")

    publish(rows)
    assert served.readlink() == Path("versions/3")
    assert names(served.parent / "versions") == {"1", "2", "3"}
    assert names(served.parent) == {"versions", "published"}


def test_everything_is_on_disk_before_it_is_served(
    rows: Rows, make_warehouse: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = set()
    fsync = os.fsync

    def recorded(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", recorded)
    built = build_version(make_warehouse(rows), tmp_path / "data", published_at=NOW)
    seal(built, tmp_path / "data")
    # an open database would change again when it is closed
    assert {path.stat().st_ino for path in (built.path, *built.path.rglob("*"))} <= synced
    assert (tmp_path / "data" / "versions").stat().st_ino in synced


def test_the_newest_seven_versions_are_kept(
    rows: Rows, make_warehouse: Make, tmp_path: Path, publish_version: Publish
) -> None:
    versions = tmp_path / "data" / "versions"
    for number in (*range(2, 10), 11):
        (versions / str(number)).mkdir(parents=True)
    published = publish_version(make_warehouse(rows), tmp_path / "data")
    assert published.number == 12
    assert names(versions) == {"5", "6", "7", "8", "9", "11", "12"}
    assert (tmp_path / "data" / "published" / "credits.duckdb").exists()


def test_nothing_is_published_without_the_marts_of_the_report(
    rows: Rows, make_warehouse: Make, tmp_path: Path, publish_version: Publish
) -> None:
    warehouse = make_warehouse(rows)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table marts.usage_by_member")
    with pytest.raises(PublishError, match=r"missing: usage_by_member; there: budget_status, .*Build"):
        publish_version(warehouse, tmp_path / "data")
    assert not (tmp_path / "data" / "published").exists()


def test_the_error_names_a_requested_mart_that_is_missing(
    rows: Rows, make_warehouse: Make, tmp_path: Path, publish_version: Publish
) -> None:
    with pytest.raises(PublishError, match=r"missing: .*usage_weekly"):
        publish_version(make_warehouse(rows), tmp_path / "data", marts=["credit_summary", "usage_weekly"])


def test_only_the_requested_marts_are_published(
    rows: Rows, make_warehouse: Make, tmp_path: Path, publish_version: Publish
) -> None:
    version = publish_version(make_warehouse(rows), tmp_path / "data", marts=REPORT_MARTS)
    assert sorted(version.row_counts) == sorted(REPORT_MARTS)
    assert names(version.path / "parquet") == {f"{mart}.parquet" for mart in REPORT_MARTS}
