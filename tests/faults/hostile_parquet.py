"""Parquet files with bytes changed by a seed, mostly in the footer, which the native reader trusts.

What becomes of them is tested in test_files_and_values.py.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

_EVENTS = {
    "event_id": pa.array([f"p{number}" for number in range(40)]),
    "occurred_at": pa.array([datetime(2026, 4, 7, 9, 30, tzinfo=UTC)] * 40, pa.timestamp("us", "UTC")),
    "workspace_id": pa.array(["w1", "w2"] * 20).dictionary_encode(),
    "generation_type": pa.array(["meta", "bullets"] * 20),
    "credits": pa.array([Decimal("1.25")] * 40, pa.decimal128(18, 6)),
}
_OTHER = {
    "latency_ms": pa.array([1, None] * 20, pa.int64()),
    "tags": pa.array([[("team", "a"), ("plan", None)], None] * 20, pa.map_(pa.string(), pa.string())),
    "steps": pa.array([[{"at": datetime(2026, 4, 7, tzinfo=UTC), "ok": True}], []] * 20),
    "score": pa.array([0.5, None] * 20, pa.float32()),
}
_WRITERS: dict[str, dict[str, object]] = {
    "plain": {"compression": "none", "use_dictionary": False},
    "zstd": {"compression": "zstd", "row_group_size": 7},
    "new pages": {"data_page_version": "2.0", "write_page_index": True, "write_page_checksum": True},
    "delta": {"use_dictionary": False, "column_encoding": {"latency_ms": "DELTA_BINARY_PACKED"}},
}


@cache
def _whole(writer: str, is_nested: bool) -> bytes:
    target = io.BytesIO()
    columns = _EVENTS | (_OTHER if is_nested or writer == "delta" else {})
    pq.write_table(pa.table(columns), target, **_WRITERS[writer])
    return target.getvalue()


def mutated_parquet(rng: Random) -> bytes:
    """A file with up to four faults, nine in ten in its footer."""
    data = bytearray(_whole(rng.choice(list(_WRITERS)), rng.random() < 0.5))
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        start = footer if rng.random() < 0.9 else 4
        rng.choice(_MUTATIONS)(data, rng.randrange(start, len(data) - 8), rng)
    return bytes(data)


def _flip(data: bytearray, at: int, rng: Random) -> None:
    data[at] ^= 1 << rng.randrange(8)


def _replace(data: bytearray, at: int, rng: Random) -> None:
    data[at] = rng.choice((0x00, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _run(data: bytearray, at: int, rng: Random) -> None:
    count = rng.randrange(1, 6)
    data[at : at + count] = bytes([rng.choice((0x00, 0xFF, 0x88))]) * count


def _cut(data: bytearray, at: int, rng: Random) -> None:
    _resize(data, at, b"", rng.randrange(1, 4))


def _grow(data: bytearray, at: int, rng: Random) -> None:
    _resize(data, at, rng.randbytes(rng.randrange(1, 4)), 0)


def _resize(data: bytearray, at: int, new: bytes, removed: int) -> None:
    """Change the length of the footer, and what is said of it."""
    end = len(data) - 8
    length = int.from_bytes(data[-8:-4], "little")
    removed = min(removed, end - at)
    is_in_footer = at >= end - length
    data[at : at + removed] = new
    if is_in_footer:
        data[-8:-4] = max(0, length + len(new) - removed).to_bytes(4, "little")


_MUTATIONS: tuple[Callable[[bytearray, int, Random], None], ...] = (_flip, _flip, _replace, _run, _cut, _grow)


def aborting_parquet() -> bytes:
    """A file that makes the native reader end its process: a histogram of another size than its values."""
    target = io.BytesIO()
    pq.write_table(pa.table({"event_id": ["e1", None, "e3"]}), target)
    data = bytearray(target.getvalue())
    data[-353] ^= 1
    return bytes(data)


def lying_parquet(rng: Random) -> bytes:
    """A file that unpacks to a thousand times what its footer says."""
    target = io.BytesIO()
    text = rng.choice("xyz") * rng.randrange(1_000_000, 2_000_000)
    pq.write_table(pa.table({"event_id": [text], "credits": ["1"]}), target, compression="zstd")
    data = target.getvalue()
    true = _varint(pq.read_metadata(io.BytesIO(data)).row_group(0).total_byte_size)
    assert data.count(true) == 1
    return data.replace(true, bytes([0x80 | rng.randrange(128), *[0x80] * (len(true) - 2), 0x00]))


def _varint(number: int) -> bytes:
    """A number as the footer writes it."""
    rest, found = number << 1, bytearray()
    while rest > 0x7F:
        found.append(0x80 | rest & 0x7F)
        rest >>= 7
    return bytes([*found, rest])
