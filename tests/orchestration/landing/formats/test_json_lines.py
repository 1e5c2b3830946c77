"""JSON lines become documents: every line end, and the faults of a single line.

Values are tested in typing/.
"""

import pytest

from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.json_lines import json_line_chunks
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected


def chunks(data: bytes, block: int = 1 << 20, options: ReadOptions | None = None) -> list[Chunk]:
    blocks = [data[start : start + block] for start in range(0, len(data), block)] or [b""]
    return list(json_line_chunks(blocks, options or ReadOptions()))


def documents(data: bytes, block: int = 1 << 20, options: ReadOptions | None = None) -> list[tuple[int, str]]:
    return [
        (row["line_number"], row["document"].strip())
        for chunk in chunks(data, block, options)
        for row in chunk.documents.to_pylist()
    ]


def rejected(data: bytes, options: ReadOptions | None = None) -> list[tuple[int, str, str]]:
    return [
        (line.line_number, line.reject.rule, line.text)
        for chunk in chunks(data, options=options)
        for line in chunk.rejected
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("last", [b"", b"end"])
def test_every_line_end_and_a_last_line_without_one(end: bytes, last: bytes) -> None:
    data = end.join([b'{"a":1}', b'{"b":"\xc3\xa9"}', b'{"c":3}']) + (end if last else b"")
    expected = [(1, '{"a":1}'), (2, '{"b":"é"}'), (3, '{"c":3}')]
    assert documents(data) == expected
    # The end, and the character, may fall on the border of two blocks.
    for block in (1, 2, 3, 7):
        assert documents(data, block, ReadOptions(chunk_bytes=8)) == expected


def test_mixed_line_ends_are_each_one_line() -> None:
    assert documents(b"1\r\n2\n3\r4\n\r5") == [(1, "1"), (2, "2"), (3, "3"), (4, "4"), (6, "5")]


def test_blank_lines_are_skipped_but_counted_in_line_numbers() -> None:
    assert documents(b"\n  \n1\n\t\r\n2\n\n") == [(3, "1"), (5, "2")]
    assert sum(chunk.line_count for chunk in chunks(b"\n \n") + chunks(b"")) == 0


def test_a_byte_order_mark_loses_no_row() -> None:
    assert documents(b"\xef\xbb\xbf1\n2\n") == [(1, "1"), (2, "2")]
    assert documents(b"\xef\xbb\xbf1\n2\n", block=1) == [(1, "1"), (2, "2")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_rejected_whole(encoding: str) -> None:
    with pytest.raises(FileRejected) as caught:
        chunks('{"a":1}\n'.encode(encoding))
    assert caught.value.reject.rule == "file.encoding"


def test_a_line_that_is_not_utf_8_is_rejected_alone() -> None:
    data = b'{"a":1}\n{"b":"\xff"}\r\n{"c":3}\n'
    assert documents(data) == [(1, '{"a":1}'), (3, '{"c":3}')]
    assert rejected(data) == [(2, "utf8", '{"b":"\\xff"}')]


def test_a_line_with_nul_is_rejected_alone() -> None:
    data = b'{"a":1}\n{"b":"\0"}\n{"c":3}'
    assert documents(data) == [(1, '{"a":1}'), (3, '{"c":3}')]
    assert rejected(data) == [(2, "text.nul", '{"b":"\0"}')]


@pytest.mark.parametrize("length", [101, 1000, 100_000])
def test_a_line_over_the_cap_is_rejected_alone_and_never_fully_in_memory(length: int) -> None:
    options = ReadOptions(max_line_bytes=100, chunk_bytes=150)
    data = b"1\n" + b"x" * length + b"\r\n3\n"
    for block in (64, 1 << 20):
        found = [line for chunk in chunks(data, block, options) for line in chunk.rejected]
        assert [(line.line_number, line.reject.rule) for line in found] == [(2, "line.length")]
        assert documents(data, block, options) == [(1, "1"), (3, "3")]


def test_chunks_are_bounded_and_lose_no_line() -> None:
    data = b"".join(b"%d\n" % n for n in range(1000))
    parts = chunks(data, 100, ReadOptions(chunk_bytes=1000, chunk_rows=30))
    assert max(part.line_count for part in parts) == 30
    numbers = [number for part in parts for number in part.documents["line_number"].to_pylist()]
    assert numbers == list(range(1, 1001))


def test_rejected_lines_of_a_split_chunk_count_once() -> None:
    data = b"\xff\n" + b"1\n" * 100
    parts = chunks(data, options=ReadOptions(chunk_rows=30))
    assert sum(part.line_count for part in parts) == 101
