"""The same rows give the same typed values and hashes through every format and compression.

Malformed input is tested for each format by itself.
"""

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from orchestration.landing.contract import FEEDS
from orchestration.landing.formats.dispatch import format_of, read_documents
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected
from orchestration.landing.typing.row_typer import RowTyper

ROWS = [
    {
        "event_id": f"e{n}",
        "occurred_at": f"2026-04-0{n}T09:30:00.25+02:00",
        "workspace_id": "w1",
        "member_id": "m,\"1\"",
        "product_id": "p\n1",
        "generation_type": "description",
        "credits": f"{n}.125",
        "quality_score": 0.5 + n / 100,
        "input_tokens": 100 * n,
        "locale": None,
        "campaign": "spring é😀",
    }
    for n in (1, 2, 3)
]  # fmt: skip


def as_json_lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_json(rows: list[dict[str, object]]) -> bytes:
    return json.dumps(rows, indent=1, ensure_ascii=False).encode()


def as_csv(rows: list[dict[str, object]]) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode()


def as_parquet(rows: list[dict[str, object]]) -> bytes:
    """As a system with native types writes it."""
    table = pa.Table.from_pylist(rows)
    times = [datetime.fromisoformat(str(row["occurred_at"])).astimezone(UTC) for row in rows]
    credits = pa.array([Decimal(str(row["credits"])) for row in rows], pa.decimal128(20, 4))
    table = table.set_column(1, "occurred_at", pa.array(times, pa.timestamp("ns", "UTC")))
    target = io.BytesIO()
    pq.write_table(table.set_column(6, "credits", credits), target)
    return target.getvalue()


FORMATS: dict[str, Callable[[list[dict[str, object]]], bytes]] = {
    "x.jsonl": as_json_lines,
    "x.ndjson": as_json_lines,
    "x.json": as_json,
    "x.csv": as_csv,
}
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
}
FILES = {
    **{
        name + end: compress(write(ROWS))
        for name, write in FORMATS.items()
        for end, compress in COMPRESSIONS.items()
    },
    "x.parquet": as_parquet(ROWS),
    "misnamed.jsonl": gzip.compress(as_json_lines(ROWS)),
    "misnamed.csv.gz": as_csv(ROWS),
    "misnamed.json.gz": zstandard.compress(as_json(ROWS)),
    "SHOUTS.JSONL.GZ": gzip.compress(as_json_lines(ROWS)),
}  # fmt: skip


def typed(name: str, data: bytes) -> list[dict[str, object]]:
    chunks = list(read_documents(io.BytesIO(data), file_name=name, options=ReadOptions()))
    assert all(not chunk.rejected for chunk in chunks)
    with duckdb.connect(config={"threads": 1}) as connection:
        typer = RowTyper(connection, FEEDS["generation_events"])
        return [
            row for chunk in chunks for row in typer.read(chunk.documents["document"]).accepted.to_pylist()
        ]


@pytest.mark.parametrize("name", list(FILES))
def test_every_format_and_compression_gives_the_same_rows(name: str) -> None:
    rows = typed(name, FILES[name])
    assert rows == typed("x.jsonl", as_json_lines(ROWS))
    assert [row["credits"] for row in rows] == [Decimal("1.125"), Decimal("2.125"), Decimal("3.125")]
    assert rows[0]["occurred_at"] == datetime(2026, 4, 1, 7, 30, 0, 250000, UTC)
    assert rows[0]["quality_score"] == Decimal("0.51")
    assert rows[0]["input_tokens"] == 100
    assert (rows[0]["member_id"], rows[0]["product_id"], rows[0]["locale"]) == ('m,"1"', "p\n1", None)
    assert rows[0]["attributes"] == '{"campaign":"spring é😀"}'
    assert len({row["content_hash"] for row in rows}) == 3


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv", "x.jsonl.gz", "x.csv.zst"])
def test_an_empty_file_has_one_empty_chunk(name: str) -> None:
    (chunk,) = read_documents(io.BytesIO(b""), file_name=name, options=ReadOptions())
    assert chunk.line_count == 0


@pytest.mark.parametrize("name", ["x.txt", "x", "x.parquet.gz", "x.csv.bz2", "jsonl", "x.jsonl.gz.gz", ".gz"])
def test_a_name_that_claims_no_format_is_rejected(name: str) -> None:
    assert format_of(name) is None
    with pytest.raises(FileRejected) as caught:
        next(read_documents(io.BytesIO(b"{}"), file_name=name, options=ReadOptions()))
    assert caught.value.reject.rule == "file.suffix"
    assert ".jsonl" in caught.value.reject.remedy


def test_a_line_end_in_a_file_name_does_not_hide_the_suffix() -> None:
    assert format_of("a\nb.csv") == "csv"
    assert format_of("a.csv\n") is None
