"""Parquet files joined by their bytes have the rows of all parts, for every reader."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.publish.versions.parquet_parts import NotParquet, Part, join_parts

SELECT = """
    select
        i as id, 'w' || (i % 7) as workspace_id, cast(i as decimal(38, 6)) / 3 as credits,
        i % 2 = 0 as is_even, cast(i as double) as score, date '2026-01-01' + cast(i // 900 as int) as day,
        timestamp '2026-01-01 00:00:01' as occurred_at, case when i % 5 > 0 then 'a' end as text,
        {"x": [i, i + 1]} as nested
    from range({start}, {end}) as numbers(i)
"""


def write(folder: Path, start: int, end: int) -> Part:
    file = folder / f"{start}-{end}.parquet"
    select = SELECT.replace("{start}", str(start)).replace("{end}", str(end))
    duckdb.sql(f"copy ({select}) to '{file}' (format parquet, row_group_size 2048)")
    return Part(file)


def rows_of(file: Path) -> list[tuple[object, ...]]:
    return duckdb.sql(f"from '{file}'").fetchall()


def test_a_joined_file_has_the_rows_and_columns_of_its_parts_in_their_order(tmp_path: Path) -> None:
    # more than 15 row groups, and an empty part
    parts = [write(tmp_path, start, end) for start, end in ((0, 40_000), (40_000, 40_000), (40_000, 47_000))]
    joined = tmp_path / "joined.parquet"
    join_parts(parts, joined)

    whole = write(tmp_path, 0, 47_000).path
    assert rows_of(joined) == rows_of(whole)
    assert pq.read_table(joined).equals(pq.read_table(whole))
    # readers skip row groups by their statistics and filters
    condition = "where id = 45000 or (id = 3 and text = 'a') or workspace_id = 'none'"
    assert [row[0] for row in duckdb.sql(f"from '{joined}' {condition}").fetchall()] == [3, 45_000]


def test_the_first_row_groups_of_a_joined_file_are_joined_again_to_the_same_bytes(tmp_path: Path) -> None:
    parts = [write(tmp_path, start, start + 5_000) for start in (0, 5_000, 10_000)]
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    join_parts(parts, first)
    join_parts([Part(first, rows=10_000), parts[2]], second)
    assert second.read_bytes() == first.read_bytes()
    join_parts([Part(first, rows=5_000), parts[1], Part(first, rows=5_000, after=10_000)], second)
    assert second.read_bytes() == first.read_bytes()
    join_parts([Part(first, rows=5_000, after=5_000)], second)
    assert rows_of(second) == rows_of(parts[1].path)


def test_what_is_no_parquet_file_or_has_no_such_row_groups_is_refused(tmp_path: Path) -> None:
    part, joined = write(tmp_path, 0, 5_000), tmp_path / "joined.parquet"
    with pytest.raises(NotParquet, match="row groups that end after 5,001 rows"):
        join_parts([Part(part.path, rows=5_001)], joined)
    for content in (
        b"",
        b"PAR1",
        b"damaged",
        b"PAR1" + bytes(40) + b"\x28\0\0\0PAR1",
        b"PAR1\xff\xff\x02\0\0\0PAR1",
    ):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(NotParquet, match=r"must be a Parquet file[,;]"):
            join_parts([Part(tmp_path / "other")], joined)
