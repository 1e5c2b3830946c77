"""JSON of any layout gives the texts of its records, however the bytes are cut into blocks."""

import json
from collections.abc import Sequence

import pytest

from orchestration.landing.formats.json_values import json_value_chunks
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected

CAPS = ReadOptions(max_line_bytes=200, chunk_rows=3)
LAYOUTS: list[tuple[str, Sequence[str], list[tuple[int, str]]]] = [
    ('{"a":1}\n\n{"a": 2}', (), [(1, '{"a":1}'), (3, '{"a": 2}')]),
    ('{\n "a":1\n}\n{\n"a":2}\n', (), [(1, '{\n "a":1\n}'), (4, '{\n"a":2}')]),
    ('\n[{"a":1},\n {"a":[2]}]', (), [(1, '{"a":1}'), (2, '{"a":[2]}')]),
    ('{\n"d":{"r":[{"a":1}, {"a":2}]}, "z":1}', ("d", "r"), [(1, '{"a":1}'), (2, '{"a":2}')]),
    ('{\n"d":[{"a":1}]}\n{\n"d":[{"a":2}]}', ("d",), [(1, '{"a":1}'), (2, '{"a":2}')]),
    ('{"d":[\n{"a":1}\n]}', ("d",), [(1, '{"a":1}')]),
    ('{"d":[{"a":1},{"a":2}]}\n{"d":[]}\n{"a":3}', ("d",), [(1, '{"a":1}'), (1, '{"a":2}'), (3, '{"a":3}')]),
    ('{\n "d": null,\n "a": 1}', ("d",), [(1, '{\n "d": null,\n "a": 1}')]),
    ('[{"d":[{"a":1}]},{"a":2}]', ("d",), [(1, '{"a":1}'), (2, '{"a":2}')]),
    ('{\n{"a":1}\n', (), [(1, "{"), (2, '{"a":1}')]),
    ('oops\n{"a":1}\n', (), [(1, "oops"), (2, '{"a":1}')]),
    ("", (), []),
]


def records(text: str, path: Sequence[str], size: int) -> list[tuple[int, str]]:
    data = text.encode()
    blocks = [data[at : at + size] for at in range(0, len(data), size)]
    found = [
        row
        for chunk in json_value_chunks(blocks, CAPS, path)
        for row in zip(
            chunk.documents["line_number"].to_pylist(), chunk.documents["text"].to_pylist(), strict=True
        )
    ]
    return [(number, record.rstrip("\n")) for number, record in found]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(("text", "path", "expected"), LAYOUTS)
def test_each_layout_gives_its_records_and_their_places(
    text: str, path: Sequence[str], expected: list[tuple[int, str]], size: int
) -> None:
    assert records(text, path, size) == expected


def test_a_page_may_be_larger_than_a_record_may_be() -> None:
    page = json.dumps({"next": "x", "data": [{"a": number} for number in range(100)]}, indent=1)
    assert len(page) > 5 * CAPS.max_line_bytes
    assert len(records(page, ("data",), 50)) == 100


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{\n"a": 1\n}\n{\n"a": 2', "after record 1, line 5"),
        ('{\n"b": 1,\n"a": "' + "x" * 400 + '"}', "CREDITS_MAX_LINE_BYTES"),
        ("{\n" + '"b": 1,\n' * 60 + '"d": []}', "CREDITS_MAX_LINE_BYTES"),
        ("[1, 2", "malformed"),
        ('{\n"a": 1\n}\n7', "must be an object"),
    ],
)
def test_a_document_that_cannot_be_read_to_its_end_is_rejected_with_its_place(
    text: str, problem: str
) -> None:
    with pytest.raises(FileRejected, match=problem):
        records(text, ("d",), 20)
