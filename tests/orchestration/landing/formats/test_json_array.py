"""A file that is one JSON array: the exact text of each element, however it is split into blocks.

Values are tested in typing/.
"""

import json

import pytest

from orchestration.landing.formats.json_values import json_value_chunks
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected


def elements(data: bytes, block: int = 1 << 20, options: ReadOptions | None = None) -> list[tuple[int, str]]:
    blocks = [data[start : start + block] for start in range(0, len(data), block)] or [b""]
    return [
        (row["line_number"], row["document"].strip())
        for chunk in json_value_chunks(blocks, options or ReadOptions())
        for row in chunk.documents.to_pylist()
    ]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("block", [1, 3, 1 << 20])
def test_elements_keep_their_exact_text(indent: int | None, block: int) -> None:
    rows = [{"a": 1.10, "é": "x,]}"}, {"b": [1, {"c": None}]}, 12345, "text", True]
    data = json.dumps(rows, indent=indent, ensure_ascii=False).encode()
    found = elements(data, block)
    assert [number for number, _ in found] == [1, 2, 3, 4, 5]
    assert [json.loads(text) for _, text in found] == rows


def test_numbers_keep_their_digits() -> None:
    assert elements(b"[ 1.10, 12345678901234567890.10 ]") == [(1, "1.10"), (2, "12345678901234567890.10")]


@pytest.mark.parametrize("data", [b"[]", b" [ ] \n", b"\xef\xbb\xbf[]", b"", b"  \n "])
def test_an_empty_array_or_file_has_no_rows(data: bytes) -> None:
    assert elements(data) == []


def test_a_file_that_is_not_an_array_is_read_as_json_lines() -> None:
    assert elements(b'\n{"a":1}\n{"b":2}\n') == [(2, '{"a":1}'), (3, '{"b":2}')]
    assert elements(b'\xef\xbb\xbf {"a":1}', block=1) == [(1, '{"a":1}')]


@pytest.mark.parametrize(
    "data",
    [
        b'[{"a":1}',
        b'[{"a":1},]',
        b'[{"a":1} {"b":2}]',
        b'[{"a":1}] x',
        b"[",
        b'[{"a":',
        b"[" * 50_000,
    ],
)
def test_a_malformed_array_is_rejected_with_its_position(data: bytes) -> None:
    with pytest.raises(FileRejected) as caught:
        elements(data)
    assert caught.value.reject.rule == "file.json"
    assert "after record" in caught.value.reject.reason and "line 1" in caught.value.reject.reason


def test_bytes_that_are_not_utf_8_are_rejected() -> None:
    with pytest.raises(FileRejected) as caught:
        elements(b'[{"a":"\xff"}]')
    assert caught.value.reject.rule == "file.json"


def test_an_element_over_the_cap_is_rejected_without_reading_on() -> None:
    with pytest.raises(FileRejected):
        elements(b'[{"a":"' + b"x" * 10_000 + b'"}]', block=100, options=ReadOptions(max_line_bytes=1000))


def test_a_large_array_comes_in_bounded_chunks() -> None:
    data = json.dumps([{"n": n} for n in range(1000)]).encode()
    chunks = list(json_value_chunks([data], ReadOptions(chunk_rows=100)))
    assert max(chunk.line_count for chunk in chunks) == 100
    assert sum(chunk.line_count for chunk in chunks) == 1000
