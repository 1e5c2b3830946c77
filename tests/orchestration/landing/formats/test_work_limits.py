"""The work a file makes is limited by its size: twice the input, at most twice the work.

Bytes and rows are counted, never seconds. The caps on what a file unpacks to are in test_compression.py.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from orchestration.landing.formats import compression, csv_records, json_values
from orchestration.landing.formats.compression import plain_blocks
from orchestration.landing.formats.csv_records import csv_chunks
from orchestration.landing.formats.json_values import json_value_chunks
from orchestration.landing.formats.parquet_rows import parquet_chunks
from orchestration.landing.options import MIB, ReadOptions
from orchestration.landing.rejects import FileRejected

HEADER = "event_id,occurred_at,credits\n"
SMALL = ReadOptions(max_line_bytes=2_000, chunk_bytes=2_000)
OPEN_QUOTES = {
    "quotes in pairs": 'ab","\n',
    "a quote that opens a line": '"a\n',
    "a quote that opens in the last cell": 'e1,2026-04-07,"1\n',
    "a quote and nothing else": '"\n',
    "cells beyond the header": '","\n',
}
TINY = {"gzip": gzip.compress(b" \n", mtime=0), "zstd": zstandard.compress(b" \n")}


def ends(read: Callable[[], Iterator[object]]) -> str | None:
    """Read to the end, and the rule that rejected the file."""
    try:
        for _ in read():
            pass
    except FileRejected as error:
        return error.reject.rule
    return None


def doubles(work: Callable[[int], int], count: int) -> None:
    once, twice = work(count), work(2 * count)
    assert once > 0
    assert twice <= 2.2 * once, f"{once:,} for {count:,}, {twice:,} for twice as many"


@pytest.mark.parametrize("kind", OPEN_QUOTES)
def test_csv_lines_read_again_after_open_quotes_grow_with_the_file(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = 0

    def reader(lines: Iterator[str], **options: Any) -> Iterator[list[str]]:
        def counting() -> Iterator[str]:
            nonlocal counted
            for line in lines:
                counted += len(line)
                yield line

        return real_reader(counting(), **options)

    real_reader = csv.reader
    monkeypatch.setattr(csv_records.csv, "reader", reader)

    def work(count: int) -> int:
        nonlocal counted
        counted = 0
        data = (HEADER + OPEN_QUOTES[kind] * count).encode()
        ends(lambda: csv_chunks([data], SMALL))
        assert counted < 12 * len(data) + 8 * SMALL.max_line_bytes
        return counted

    doubles(work, 20_000)


def test_a_csv_file_of_open_quotes_is_rejected_and_one_open_quote_is_not() -> None:
    good = "e1,2026-04-07,1\n" * 50
    many = (HEADER + 'ab","\n' * 20_000).encode()
    assert ends(lambda: csv_chunks([many], SMALL)) == "file.csv_quotes"
    one = (HEADER + good + 'e2,2026-04-07,"1\n' + good).encode()
    (chunk,) = csv_chunks([one], ReadOptions())
    assert chunk.documents.num_rows == 100
    assert [line.line_number for line in chunk.rejected] == [52]


@pytest.mark.parametrize("kind", TINY)
def test_bytes_given_to_a_decompressor_grow_with_the_file(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = 0

    class Counting:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def decompress(self, data: bytes, *most: int) -> bytes:
            nonlocal counted
            counted += len(data)
            return self._inner.decompress(data, *most)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    class Zstd:
        def __init__(self, **options: Any) -> None:
            self._options = options

        def decompressobj(self) -> Counting:
            return Counting(real_zstd(**self._options).decompressobj())

    real_gzip, real_zstd = zlib.decompressobj, zstandard.ZstdDecompressor
    monkeypatch.setattr(compression.zlib, "decompressobj", lambda wbits: Counting(real_gzip(wbits=wbits)))
    monkeypatch.setattr(compression.zstandard, "ZstdDecompressor", Zstd)

    def work(count: int) -> int:
        nonlocal counted
        counted = 0
        assert ends(lambda: plain_blocks(io.BytesIO(TINY[kind] * count), ReadOptions())) is None
        return counted

    doubles(work, 3_000)
    # each member is a line; what it leaves unused is at most a piece
    assert counted <= 6_000 * 16 * 1024


def test_blocks_are_of_a_useful_size_however_small_the_members_are() -> None:
    blocks = list(plain_blocks(io.BytesIO(TINY["gzip"] * 3_000), ReadOptions()))
    assert blocks == [b" \n" * 3_000]


@pytest.mark.parametrize("shape", ["many records", "one record", "a deep record", "an unclosed record"])
def test_characters_of_json_that_are_scanned_grow_with_the_file(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = 0

    class Counting(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
            nonlocal counted
            try:
                found, end = super().raw_decode(s, idx)
            except (json.JSONDecodeError, RecursionError):
                counted += len(s) - idx
                raise
            counted += end - idx
            return found, end

    monkeypatch.setattr(json_values, "_VALUE", Counting())

    def work(count: int) -> int:
        nonlocal counted
        counted = 0
        # the first lines are looked at together
        text = (
            b"[{},\n{},\n{},\n"
            + {
                "many records": "" + ",\n".join(['{"a": "' + "x" * 50 + '"}'] * count) + "]",
                "one record": '{"a": "' + "x" * (60 * count) + '"}]',
                "a deep record": '{"a": ' + "[" * 10 * count + "]" * 10 * count + "}]",
                "an unclosed record": '{"a": ' + "[1," * 10 * count,
            }[shape].encode()
        )
        blocks = (text[start : start + 4_096] for start in range(0, len(text), 4_096))
        ends(lambda: json_value_chunks(blocks, ReadOptions()))
        return counted

    doubles(work, 16_384)


@pytest.mark.parametrize("columns", [pytest.param(1, marks=pytest.mark.slow), 40, 2_000])
def test_rows_made_of_parquet_are_limited_whatever_the_footer_says(columns: int) -> None:
    """A column of nulls takes no bytes in the file, but its name in every row."""
    rows = 2_000_000 // columns
    target = io.BytesIO()
    pq.write_table(pa.table({f"column_{n:06}": pa.nulls(rows, pa.int32()) for n in range(columns)}), target)
    options = ReadOptions(max_ratio=1, free_bytes=max(2_000_000, len(target.getvalue())), chunk_bytes=MIB)
    made = 0

    def counted() -> Iterator[None]:
        nonlocal made
        for chunk in parquet_chunks(io.BytesIO(target.getvalue()), options):
            made += sum(map(len, chunk.documents["document"].to_pylist()))
            yield

    assert ends(counted) == "file.ratio"
    assert made <= 12 * options.free_bytes
