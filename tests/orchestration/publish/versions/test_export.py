"""What did not change since the served version is not written again, and readers cannot tell."""

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import durable_files
from orchestration.publish.versions import export
from orchestration.publish.versions.build import PublishedVersion
from orchestration.publish.versions.contents import contents_of
from orchestration.publish.versions.manifest import MANIFEST_FILE, changed_files

# two ids whose rows differ in their hashes by the flag alone, and by the same
SWAPPED = """
    with rows as (
        select range as id, hash((range, true)) - hash((range, false))::hugeint as by_flag from range(200000)
    )
    select min(id), max(id) from rows group by by_flag having count(*) > 1 order by 1 limit 1
"""
Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[..., PublishedVersion]
MEMBERS, DAILY = Path("parquet/usage_by_member.parquet"), Path("parquet/usage_daily.parquet")


@pytest.fixture
def publish_rows(
    rows: Rows, make_warehouse: Callable[[Rows], Path], publish_version: Publish, tmp_path: Path
) -> Callable[[], Path]:
    """Publishes the rows as they are now, and returns the folder of the version."""

    def publish() -> Path:
        version = publish_version(make_warehouse(rows), tmp_path / "data").path
        assert list(changed_files(version)) == []
        return version

    return publish


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The marts that are written from here on."""
    names: list[str] = []
    copy_mart = export._copy_mart

    def recorded(connection: duckdb.DuckDBPyConnection, name: str, **options: Any) -> None:
        names.append(name)
        copy_mart(connection, name, **options)

    monkeypatch.setattr(export, "_copy_mart", recorded)
    return names


def daily(usage_date: date, credits: int = 1, workspace_id: str = "w1") -> dict[str, Any]:
    return {"workspace_id": workspace_id, "usage_date": usage_date, "credits": credits}


def of_daily(version: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(version / "credits.duckdb"), read_only=True) as connection:
        table = connection.execute("from marts.usage_daily").fetchall()
        rows = connection.execute(f"from '{version / DAILY}'").fetchall()
    assert sorted(rows, key=str) == sorted(table, key=str)
    return [row[:2] + row[5:6] for row in rows]


def test_an_unchanged_mart_is_one_file_with_that_of_the_version_before(
    rows: Rows, publish_rows: Callable[[], Path], written: list[str]
) -> None:
    first = publish_rows()
    written.clear()
    rows["credit_summary"][0]["credits_used"] = 2341
    second = publish_rows()
    assert written == ["credit_summary"]
    assert (first / MEMBERS).samefile(second / MEMBERS)
    summary = Path("parquet/credit_summary.parquet")
    assert not (first / summary).samefile(second / summary)
    with duckdb.connect(str(second / "credits.duckdb"), read_only=True) as connection:
        assert connection.execute("select credits_used from marts.credit_summary").fetchall() == [(2341,)]
        assert connection.execute("select count(*) from marts.usage_by_member").fetchall() == [(5,)]


def test_a_mart_with_the_same_rows_is_written_if_a_type_or_a_comment_changed(
    rows: Rows, make_warehouse: Callable[[Rows], Path], publish_version: Publish, written: list[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    publish_version(make_warehouse(rows), tmp_path / "data")
    for statement in (
        "alter table marts.usage_by_member alter spend_rank type integer",
        "comment on column marts.usage_by_member.credits is 'another'",
    ):
        warehouse = make_warehouse(rows)
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(statement)
        written.clear()
        publish_version(warehouse, tmp_path / "data")
        assert written == ["usage_by_member"]


def test_a_mart_that_is_gone_is_gone_from_the_version(
    rows: Rows, make_warehouse: Callable[[Rows], Path], publish_version: Publish, tmp_path: Path
) -> None:
    publish_version(make_warehouse(rows), tmp_path / "data")
    warehouse = make_warehouse(rows)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table marts.generation_details")
    version = publish_version(warehouse, tmp_path / "data").path
    with duckdb.connect(str(version / "credits.duckdb"), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
    assert ("generation_details",) not in tables
    assert not list((version / "parquet").glob("generation_details*"))


def test_a_file_that_was_written_to_since_it_was_published_is_not_shared(
    publish_rows: Callable[[], Path], written: list[str]
) -> None:
    first = publish_rows()
    later = (first / MANIFEST_FILE).stat().st_mtime_ns + 1
    os.utime(first / MEMBERS, ns=(later, later))
    written.clear()
    assert not (publish_rows() / MEMBERS).samefile(first / MEMBERS)
    assert written == ["usage_by_member"]


@pytest.mark.parametrize("name", ["credits.duckdb", str(DAILY)])
def test_a_damaged_file_is_never_copied_into_a_version_that_counts_as_intact(
    name: str, rows: Rows, publish_rows: Callable[[], Path]
) -> None:
    rows["usage_daily"] = [daily(date(2026, 3, 1), 10), daily(date(2026, 4, 1), 20)]
    file = publish_rows() / name
    times, content = file.stat(), bytearray(file.read_bytes())
    content[len(content) // 3] ^= 0xFF
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    rows["usage_daily"][1]["credits"] = 21
    assert of_daily(publish_rows()) == [("w1", date(2026, 3, 1), 10), ("w1", date(2026, 4, 1), 21)]


def test_two_rows_that_swap_a_flag_are_another_content(tmp_path: Path) -> None:
    # the sums of DuckDB's plain hashes of these are the same
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("create schema marts; create table marts.m (id bigint, is_muted boolean)")
        found = set()
        pair = connection.execute(SWAPPED).fetchall()[0]
        for flags in ((True, False), (False, True)):
            connection.execute("delete from marts.m")
            connection.executemany("insert into marts.m values (?, ?)", list(zip(pair, flags, strict=True)))
            contents = contents_of(connection, ["m"], dated_by={}, written_as="")
            found.add(contents["m"].parts[""])
        assert len(found) == 2


def test_files_are_copied_where_there_are_no_hard_links(
    publish_rows: Callable[[], Path], written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError("Operation not permitted")

    monkeypatch.setattr(durable_files.Path, "hardlink_to", refused)
    first = publish_rows()
    written.clear()
    second = publish_rows()
    assert written == []
    assert (first / MEMBERS).read_bytes() == (second / MEMBERS).read_bytes()
    assert not (first / MEMBERS).samefile(second / MEMBERS)


@pytest.mark.parametrize("at", ["link_or_copy", "join_parts", "write_marts"])
def test_a_publisher_killed_while_it_takes_over_files_leaves_the_served_version_as_it_is(
    rows: Rows, publish_rows: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    rows["usage_daily"] = [daily(date(2026, month, 1)) for month in (3, 4)]
    first = publish_rows()
    rows["usage_daily"][1]["credits"] = 2
    with monkeypatch.context() as patch:
        patch.setattr(export, at, killed)
        with pytest.raises(KeyboardInterrupt):
            publish_rows()
    assert list(changed_files(first)) == []
    assert [row[2] for row in of_daily(first)] == [1, 1]
    assert [row[2] for row in of_daily(publish_rows())] == [1, 2]


def test_rows_that_stay_are_not_written_again_beside_one_of_their_day_that_changed(
    rows: Rows, publish_rows: Callable[[], Path]
) -> None:
    def in_order(version: Path) -> list[str]:
        with duckdb.connect(str(version / "credits.duckdb"), read_only=True) as connection:
            return [row[0] for row in connection.execute("from marts.usage_daily").fetchall()]

    march, april = date(2026, 3, 1), date(2026, 4, 6)
    usage = rows["usage_daily"] = [
        daily(march, workspace_id="w5"),
        daily(april, workspace_id="w1"),
        daily(date(2026, 4, 7), workspace_id="w2"),
        daily(april, workspace_id="w9"),
    ]
    assert in_order(publish_rows()) == ["w5", "w1", "w2", "w9"]
    usage[1]["credits"] = 2
    usage[2] = daily(april, workspace_id="w4")
    version = publish_rows()
    assert in_order(version) == ["w5", "w9", "w1", "w4"]
    credits = {workspace_id: credits for workspace_id, _, credits in of_daily(version)}
    assert credits == {"w1": 2, "w4": 1, "w5": 1, "w9": 1}


def test_deleted_rows_stay_in_the_database_until_a_quarter_of_what_a_table_stores_is(
    rows: Rows, publish_rows: Callable[[], Path]
) -> None:
    def stored(version: Path) -> int:
        with duckdb.connect(str(version / "credits.duckdb"), read_only=True) as connection:
            found = connection.execute(
                "select estimated_size from duckdb_tables() where table_name = 'usage_daily'"
            )
            return int(found.fetchall()[0][0])

    usage = rows["usage_daily"] = [daily(date(2026, 4, day)) for day in range(1, 7)]
    sizes = [stored(publish_rows())]
    for number in range(4):
        usage[number]["credits"] = 2
        version = publish_rows()
        sizes.append(stored(version))
        assert sum(row[2] for row in of_daily(version)) == 7 + number
    assert sizes == [6, 7, 8, 9, 6]


def test_months_without_a_change_are_kept_and_the_files_are_those_of_a_full_write(
    rows: Rows, make_warehouse: Callable[[Rows], Path], publish_version: Publish,
    publish_rows: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    joined: list[int] = []
    join_parts = export.join_parts
    monkeypatch.setattr(
        export,
        "join_parts",
        lambda parts, to: joined.append(sum(part.rows or 0 for part in parts)) or join_parts(parts, to),
    )
    january, march, april = date(2026, 1, 31), date(2026, 3, 1), date(2026, 4, 6)
    usage = rows["usage_daily"] = [
        daily(january),
        daily(march),
        daily(january, workspace_id="w0"),
        daily(april),
    ]
    publish_rows()
    for kept, change in (
        (3, lambda: usage.append(daily(date(2026, 4, 7)))),
        (2, lambda: [row.update(credits=2) for row in (usage[1], usage[3])]),  # March and April
        (3, lambda: usage.pop(0)),  # of January: March and April are after it
        (2, lambda: usage.__delitem__(slice(2, None))),  # April is gone
    ):
        joined.clear()
        change()
        version = publish_rows()
        assert joined == [kept]
        shutil.rmtree(tmp_path / "other", ignore_errors=True)
        monkeypatch.setattr(export, "ROWS_AT_ONCE", 0)  # each month is sorted for itself
        whole = publish_version(make_warehouse(rows), tmp_path / "other").path
        assert (version / DAILY).read_bytes() == (whole / DAILY).read_bytes()
        assert of_daily(version) == of_daily(whole)
        assert len(of_daily(version)) == len(usage)
