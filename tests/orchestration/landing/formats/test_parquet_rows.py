"""Parquet cells as exact texts, whatever their column type.

Values are tested in typing/.
"""

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.landing.formats import parquet_rows
from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.parquet_rows import parquet_chunks
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected


def parquet(table: pa.Table) -> bytes:
    target = io.BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


def read(data: bytes, options: ReadOptions | None = None) -> list[Chunk]:
    return list(parquet_chunks(io.BytesIO(data), options or ReadOptions()))


def cells(values: object, kind: pa.DataType) -> list[object]:
    data = parquet(pa.table({"x": pa.array(values, kind)}))
    return [json.loads(row["document"])["x"] for chunk in read(data) for row in chunk.documents.to_pylist()]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (Decimal("1.500000"), pa.decimal128(18, 6), "1.500000"),
        (Decimal("1234567890123456789012.50"), pa.decimal256(40, 2), "1234567890123456789012.50"),
        (0.1, pa.float64(), "0.1"),
        (0.1, pa.float32(), "0.1"),
        (1e-7, pa.float64(), "1e-7"),
        (12345678901234567, pa.int64(), "12345678901234567"),
        (2**64 - 1, pa.uint64(), "18446744073709551615"),
        (datetime(2026, 4, 7, 9, 30, 0, 5, UTC), pa.timestamp("us", "UTC"), "2026-04-07T09:30:00.000005Z"),
        (
            datetime(2026, 4, 7, 9, 30, tzinfo=UTC),
            pa.timestamp("ms", "Asia/Tokyo"),
            "2026-04-07T09:30:00.000Z",
        ),
        (datetime(2026, 4, 7, 9, 30), pa.timestamp("us"), "2026-04-07 09:30:00.000000"),
        (date(2026, 4, 7), pa.date32(), "2026-04-07"),
        ("é", pa.large_string(), "é"),
        ("é", pa.dictionary(pa.int32(), pa.string()), "é"),
        ("é".encode(), pa.binary(), "é"),
        (True, pa.bool_(), True),
        (None, pa.null(), None),
        (UUID(int=7), pa.uuid(), "00000000-0000-0000-0000-000000000007"),
        ({"a": b"\xff"}, pa.struct([("a", pa.binary())]), {"a": "\\xff"}),
        ({"a": [1, None]}, pa.struct([("a", pa.list_(pa.int64()))]), {"a": [1, None]}),
    ],
)
def test_a_cell_becomes_its_exact_text(value: object, kind: pa.DataType, expected: object) -> None:
    found = cells([value, None], kind)
    if isinstance(expected, str) and isinstance(value, float):
        assert Decimal(str(found[0])) == Decimal(expected)
    else:
        assert found[0] == expected
    assert found[1] is None


def test_a_number_without_a_json_form_in_a_nested_value_loses_no_row() -> None:
    found = cells([{"a": [1.5, float("nan"), float("-inf")]}], pa.struct([("a", pa.list_(pa.float64()))]))
    assert found == [{"a": [1.5, "nan", "-inf"]}]


def test_a_text_that_is_not_utf_8_is_rejected_alone() -> None:
    data = parquet(pa.table({"x": pa.array([b"a", b"\xff", b"c"], pa.binary())}))
    (chunk,) = read(data)
    assert chunk.documents["line_number"].to_pylist() == [1, 3]
    assert [(line.line_number, line.reject.rule, line.text) for line in chunk.rejected] == [
        (2, "utf8", '{"x":"\\\\xff"}')
    ]


@pytest.mark.parametrize("keep", [0, 3, 50, -1, -9])
def test_a_truncated_file_is_rejected(keep: int) -> None:
    data = parquet(pa.table({"x": list(range(1000))}))
    with pytest.raises(FileRejected) as caught:
        read(data[:keep])
    assert caught.value.reject.rule == "file.parquet"


def test_a_damaged_page_is_rejected() -> None:
    data = bytearray(parquet(pa.table({"x": [f"row {n}" for n in range(5000)]})))
    data[200:1200] = b"\xff" * 1000
    with pytest.raises(FileRejected) as caught:
        read(bytes(data))
    assert caught.value.reject.rule == "file.parquet"


def test_a_column_name_that_occurs_twice_is_rejected() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"])
    with pytest.raises(FileRejected):
        read(parquet(table))


def test_column_names_are_data() -> None:
    name = "\"; drop table 'x' -- é\n"
    (chunk,) = read(parquet(pa.table({name: ["v"]})))
    assert json.loads(chunk.documents["document"][0].as_py()) == {name: "v"}


def test_an_empty_file_has_one_empty_chunk() -> None:
    (chunk,) = read(parquet(pa.table({"x": pa.array([], pa.string())})))
    assert chunk.line_count == 0


def test_rows_come_in_bounded_chunks() -> None:
    chunks = read(parquet(pa.table({"x": list(range(30_000))})), ReadOptions(chunk_rows=8000))
    assert max(chunk.line_count for chunk in chunks) <= 8192
    assert sum(chunk.line_count for chunk in chunks) == 30_000


def test_a_file_that_unpacks_to_too_much_is_rejected() -> None:
    with pytest.raises(FileRejected) as caught:
        read(parquet(pa.table({"x": list(range(30_000))})), ReadOptions(max_file_bytes=1000))
    assert caught.value.reject.rule == "file.size"


def test_a_long_run_of_equal_cells_is_a_decompression_bomb() -> None:
    # a few hundred bytes on the disk, whatever the compression
    data = parquet(pa.table({"x": pa.array(["1"] * 200_000)}))

    with pytest.raises(FileRejected) as caught:
        read(data, ReadOptions(free_bytes=10_000, max_ratio=50))

    assert caught.value.reject.rule == "file.ratio"
    assert "CREDITS_MAX_RATIO" in caught.value.reject.reason
    assert len(read(data, ReadOptions(free_bytes=200_000, max_ratio=50))) > 0


def test_a_list_of_many_equal_values_is_a_decompression_bomb(tmp_path: Path) -> None:
    values = pa.ListArray.from_arrays([0, 30_000_000], pa.array(np.full(30_000_000, 7, np.int8)))
    file = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"event_id": ["e1"], "list": values}), file)
    assert file.stat().st_size < 5_000
    with file.open("rb") as source, pytest.raises(FileRejected, match="times"):
        list(parquet_chunks(source, ReadOptions()))


def test_a_row_beyond_the_line_cap_is_rejected_and_the_others_load(tmp_path: Path) -> None:
    file = tmp_path / "long.parquet"
    pq.write_table(pa.table({"event_id": ["e1", "e2"], "text": ["x" * 5_000, "y"]}), file)
    with file.open("rb") as source:
        (chunk,) = parquet_chunks(source, ReadOptions(max_line_bytes=1_000))
    assert [line.reject.rule for line in chunk.rejected] == ["line.length"]
    assert chunk.documents["line_number"].to_pylist() == [2]


def test_repeated_long_texts_are_split_before_they_fill_the_memory() -> None:
    text = pa.array(["x" * 1_000_000], pa.string())
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), text)
    parts = list(parquet_rows._parts(pa.record_batch({"text": column, "n": pa.array(range(100))})))
    assert [part.num_rows for part in parts] == [33, 34, 33]
    assert [n for part in parts for n in part["n"].to_pylist()] == list(range(100))
