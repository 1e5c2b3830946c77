"""CSV records: cells are texts, and a malformed record costs no other one.

Values are tested in typing/.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.csv_records import csv_chunks
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected


def read(data: bytes, options: ReadOptions | None = None) -> list[Chunk]:
    return list(csv_chunks([data], options or ReadOptions()))


def rows(data: bytes) -> list[tuple[int, dict[str, str | None]]]:
    return [
        (row["line_number"], json.loads(row["document"]))
        for chunk in read(data)
        for row in chunk.documents.to_pylist()
    ]


def rejected(data: bytes) -> list[tuple[int, str, str]]:
    return [
        (line.line_number, line.reject.rule, line.text) for chunk in read(data) for line in chunk.rejected
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_records_become_objects_of_texts(end: str, mark: bytes) -> None:
    data = mark + end.join(["id,name", "1,é", "2,", '3,"a ""b"", c"']).encode()
    assert rows(data) == [
        (2, {"id": "1", "name": "é"}),
        (3, {"id": "2", "name": None}),
        (4, {"id": "3", "name": 'a "b", c'}),
    ]


def test_a_quoted_cell_may_hold_line_ends() -> None:
    data = b'id,name\r\n1,"a\r\n\r\nb"\r\n2,c\r\n'
    assert rows(data) == [(2, {"id": "1", "name": "a\r\n\r\nb"}), (5, {"id": "2", "name": "c"})]


def test_blank_lines_are_skipped() -> None:
    assert rows(b"\nid,name\n\n1,a\n  \n2,b\n\n") == [
        (4, {"id": "1", "name": "a"}),
        (6, {"id": "2", "name": "b"}),
    ]


@pytest.mark.parametrize("data", [b"", b"\n", b"id,name", b"id,name\n"])
def test_an_empty_file_or_a_header_alone_has_no_rows(data: bytes) -> None:
    assert (rows(data), rejected(data)) == ([], [])


def test_a_ragged_record_is_rejected_alone() -> None:
    data = b"id,name\n1\n2,b\n3,c,d\n4,e\n"
    assert [number for number, _ in rows(data)] == [3, 5]
    assert rejected(data) == [(2, "csv.cells", "1"), (4, "csv.cells", "3,c,d")]


def test_an_unclosed_quote_swallows_no_row_after_it() -> None:
    data = b'id,name\n1,a\n2,"b\n3,c\n4,"d"\n5,e\n'
    assert [row["id"] for _, row in rows(data)] == ["1", "3", "4", "5"]
    assert rejected(data) == [(3, "csv.syntax", '2,"b')]


def test_an_unclosed_quote_up_to_the_end_of_the_file_swallows_nothing() -> None:
    data = b'id,name\n1,"a\n' + b"".join(b"%d,x\n" % n for n in range(2, 2000))
    assert [row["id"] for _, row in rows(data)] == [str(n) for n in range(2, 2000)]
    assert rejected(data) == [(2, "csv.syntax", '1,"a')]


def test_an_unclosed_quote_that_makes_a_record_of_the_wrong_width_swallows_nothing() -> None:
    data = b'id,name\n1,"a\n2,b\n3,c",d\n4,e\n'
    assert [row["id"] for _, row in rows(data)] == ["2", "4"]
    assert [(number, rule) for number, rule, _ in rejected(data)] == [(2, "csv.cells"), (4, "csv.cells")]


def test_text_after_a_closing_quote_is_rejected() -> None:
    assert rejected(b'id,name\n1,"a"b\n2,c\n') == [(2, "csv.syntax", '1,"a"b')]


def test_bytes_that_are_not_utf_8_or_nul_are_rejected_alone() -> None:
    data = b"id,name\n1,\xff\n2,\0\n3,c\n"
    assert [row["id"] for _, row in rows(data)] == ["3"]
    assert [(number, rule) for number, rule, _ in rejected(data)] == [(2, "utf8"), (3, "text.nul")]


def test_a_bad_line_inside_quotes_ends_the_record() -> None:
    data = b'id,name\n1,"a\n\xff\nb"\n2,c\n'
    assert [row["id"] for _, row in rows(data)] == ["2"]
    assert [number for number, _, _ in rejected(data)] == [2, 3, 4]


@pytest.mark.parametrize("header", [b"id,id", b",,", b"id,\xff", b'id,"x'])
def test_a_header_that_cannot_be_used_rejects_the_file(header: bytes) -> None:
    with pytest.raises(FileRejected) as caught:
        read(header + b"\n1,2\n")
    assert caught.value.reject.rule == "file.csv_header"


@given(st.lists(st.text('a",', min_size=1, max_size=6), max_size=12))
def test_every_line_belongs_to_one_row_or_is_rejected_whatever_the_quotes(lines: list[str]) -> None:
    data = ("id,name\n" + "\n".join(lines)).encode()
    covered: list[int] = []
    for chunk in read(data):
        for row in chunk.documents.to_pylist():
            covered += range(row["line_number"], row["line_number"] + row["text"].count("\n") + 1)
        covered += [line.line_number for line in chunk.rejected]
    assert sorted(covered) == list(range(2, len(lines) + 2))


def test_records_come_in_bounded_chunks() -> None:
    data = b"id\n" + b"".join(b"%d\n" % n for n in range(1000))
    chunks = read(data, ReadOptions(chunk_rows=100))
    assert max(chunk.line_count for chunk in chunks) == 100
    assert sum(chunk.line_count for chunk in chunks) == 1000


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_gives_the_header_its_required_columns(separator: str) -> None:
    lines = [
        separator.join(cells) for cells in (["id", "name", "note"], ["1", "a", ""], ["2", '"x,;|\t"', "n"])
    ]
    (chunk,) = csv_chunks(["\n".join(lines).encode()], ReadOptions(), ["name", "id"])
    assert [json.loads(row) for row in chunk.documents["document"].to_pylist()] == [
        {"id": "1", "name": "a", "note": None},
        {"id": "2", "name": "x,;|\t", "note": "n"},
    ]
    assert chunk.found is None


def test_a_comma_separates_where_it_gives_the_required_columns_whatever_else_there_is() -> None:
    (chunk,) = csv_chunks([b"id,a;b;c;d\n1,x\n"], ReadOptions(), ["id"])
    assert json.loads(chunk.documents["document"][0].as_py()) == {"id": "1", "a;b;c;d": "x"}


def test_a_header_without_the_required_columns_says_what_was_seen() -> None:
    (chunk,) = csv_chunks([b"Day;User;Cost, EUR\n1;a;2\n"], ReadOptions(), ["id", "credits"])
    assert chunk.found == "Day, User, Cost, EUR, separated by semicolons"


@pytest.mark.parametrize(
    ("data", "left_out"),
    [
        (b",id,name\n0,1,a\n1,2,\n", ["(column 1 has no name)"]),
        (b"id,name,, \n1,a,,\n2,,,x\n", ["(column 3 has no name)", "(column 4 has no name)"]),
        (b"id,name,,\n1,a\n2,,\n", ["(column 3 has no name)", "(column 4 has no name)"]),
        (b"id,,name\n1,,a\n2,,\n", ["(column 2 has no name)"]),
    ],
)
def test_a_column_without_a_name_is_left_out_and_the_rest_loads(data: bytes, left_out: list[str]) -> None:
    (chunk,) = read(data)
    assert list(chunk.left_out) == left_out
    assert [row for _, row in rows(data)] == [{"id": "1", "name": "a"}, {"id": "2", "name": None}]
    assert rejected(data) == []


def test_a_cell_that_is_missing_before_a_column_without_a_name_is_missing() -> None:
    assert rejected(b"id,name,\n1\n") == [(2, "csv.cells", "1")]
    assert rejected(b"id,name,\n1,a,,\n") == [(2, "csv.cells", "1,a,,")]


def test_too_few_and_too_many_cells_have_their_own_remedies() -> None:
    (chunk,) = csv_chunks([b"id;name;note\n1\n2;b;c;d\n"], ReadOptions(), ["id", "name"])
    few, many = [line.reject for line in chunk.rejected]
    assert (
        few.reason.endswith(": 2 are missing at its end")
        and "also where the last cells are empty" in few.remedy
    )
    assert (
        "missing" not in many.reason
        and many.remedy == "Quote cells that hold semicolons, quotes or line ends."
    )


def test_a_cell_may_be_as_long_as_a_line() -> None:
    text = "x" * 1_000_000
    assert rows(f"id,text\n1,{text}\n".encode()) == [(2, {"id": "1", "text": text})]


def test_of_columns_without_a_name_only_some_are_listed() -> None:
    (chunk,) = read(b"," * 100_000 + b"id\n")
    assert len(chunk.left_out) == 100
