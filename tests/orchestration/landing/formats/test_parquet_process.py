"""A Parquet file that ends its reader is rejected by name, and the next one is read.

Cells are tested in test_parquet_rows.py; what a run makes of it, in tests/faults.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.landing.formats import parquet_process
from orchestration.landing.formats.parquet_process import (
    WorkerFailed,
    end_idle_workers,
    parquet_chunks_apart,
)
from orchestration.landing.options import MIB, ReadOptions
from orchestration.landing.rejects import FileRejected, Reject


@pytest.fixture(autouse=True)
def no_worker_before() -> Iterator[None]:
    end_idle_workers()
    yield
    end_idle_workers()


def parquet(table: pa.Table) -> bytes:
    target = io.BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


GOOD = parquet(pa.table({"event_id": ["e1", None, "e3"]}))


def ids(data: bytes) -> list[str]:
    return [
        text
        for chunk in parquet_chunks_apart(io.BytesIO(data), ReadOptions())
        for text in chunk.documents["document"].to_pylist()
    ]


def reject_of(data: bytes, options: ReadOptions | None = None) -> Reject:
    with pytest.raises(FileRejected) as caught:
        list(parquet_chunks_apart(io.BytesIO(data), options or ReadOptions()))
    return caught.value.reject


def worker_numbers() -> list[int]:
    return [worker._process.pid for worker in parquet_process._IDLE]


def test_a_file_that_aborts_its_reader_is_rejected_by_the_signal_and_the_next_is_read() -> None:
    """A flipped bit in the size of a histogram, which the native reader checks too late."""
    found = set()
    for position in range(-360, -345):
        data = bytearray(GOOD)
        data[position] ^= 1
        try:
            list(parquet_chunks_apart(io.BytesIO(bytes(data)), ReadOptions()))
        except FileRejected as error:
            found.add((error.reject.rule, error.reject.value))
    assert ("file.unreadable", "SIGABRT") in found
    assert ids(GOOD) == ['{"event_id":"e1"}', '{"event_id":null}', '{"event_id":"e3"}']


def test_one_process_reads_many_files() -> None:
    ids(GOOD)
    first = worker_numbers()
    ids(GOOD)
    reject_of(b"no Parquet")
    assert len(first) == 1
    assert worker_numbers() == first


def test_a_file_that_needs_too_much_memory_is_rejected() -> None:
    data = parquet(pa.table({"x": ["y" * (100 * MIB)] * 3}))
    options = ReadOptions(reader_bytes=400 * MIB, max_ratio=10**9)
    reject = reject_of(data, options)
    assert (reject.rule, reject.value) == ("file.unreadable", "memory")
    assert "400 MiB" in reject.reason
    assert worker_numbers() == []


def test_a_file_of_which_nothing_comes_in_time_is_rejected() -> None:
    rows = pa.table({name: pa.nulls(400_000, pa.int32()) for name in ("event_id", *"abcdefghijklmnop")})
    reject = reject_of(parquet(rows), ReadOptions(reader_seconds=1, chunk_rows=10**9, chunk_bytes=10**9))
    assert (reject.rule, reject.value) == ("file.unreadable", "time")


def test_a_value_that_no_text_stands_for_is_named_by_its_column() -> None:
    dates = pa.array([[2**31 - 1]], pa.list_(pa.int32())).cast(pa.list_(pa.date32()))
    reject = reject_of(parquet(pa.table({"event_id": ["e"], "seen": dates})))
    assert reject.rule == "file.unreadable"
    assert "its column seen (list<element: date32[day]>)" in reject.reason


def test_a_file_on_disk_is_read_as_the_same_bytes_in_memory(tmp_path: Path) -> None:
    (tmp_path / "good.parquet").write_bytes(GOOD)
    with (tmp_path / "good.parquet").open("rb") as source:
        (chunk,) = parquet_chunks_apart(source, ReadOptions())
    assert chunk.documents["document"].to_pylist() == ids(GOOD)


def test_a_reading_that_is_given_up_leaves_no_process_with_half_an_answer() -> None:
    chunks = parquet_chunks_apart(
        io.BytesIO(parquet(pa.table({"x": list(range(9_000))}))), ReadOptions(chunk_rows=1000)
    )
    next(chunks)
    chunks.close()
    assert worker_numbers() == []
    assert len(ids(GOOD)) == 3


def test_the_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITS_PSEUDONYM_SECRET", "a secret of a run")
    ids(GOOD)
    (number,) = worker_numbers()
    assert b"secret" not in Path(f"/proc/{number}/environ").read_bytes()


def test_a_process_that_cannot_be_started_is_the_fault_of_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_process, "_MODULE", "orchestration.no_such_module")
    with pytest.raises(WorkerFailed, match="no_such_module"):
        ids(GOOD)


def test_a_forked_process_starts_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ids(GOOD)
    first = worker_numbers()
    forked = os.getpid() + 1
    monkeypatch.setattr(os, "getpid", lambda: forked)
    ids(GOOD)
    assert worker_numbers() != first
