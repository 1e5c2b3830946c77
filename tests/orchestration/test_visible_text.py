"""Letters that steer a terminal are written out, and no other letter changes; what is counted reads well."""

from __future__ import annotations

import io

import pytest

from orchestration.visible_text import VisibleBytes, VisibleStream, counted, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("right\rwrong", "right\\rwrong"),
        ("a\u202eb\u2066c\u200fd", "a\\u202eb\\u2066c\\u200fd"),
        ("\x9b31m", "\\x9b31m"),
        ("a\x7f\x08\x00", "a\\x7f\\x08\\x00"),
        ("one\u2028two\x85", "one\\u2028two\\x85"),
    ],
)
def test_a_letter_that_steers_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["a\tb\nc\r\nd", "é 日本語 นภาพร", "👩‍👩‍👧‍👦", "شرکت‌ها", "\\x1b"])
def test_every_other_letter_stays(text: str) -> None:
    assert visible(text) == text


def test_streams_write_only_visible_text() -> None:
    text, data = io.StringIO(), io.BytesIO()
    assert VisibleStream(text).write("a\x1b") == 2
    VisibleStream(text).writelines(["\x07", "b"])
    VisibleBytes(data).write("\x1bé\r\n".encode())
    assert text.getvalue() == "a\\x1b\\x07b"
    assert data.getvalue() == "\\x1bé\r\n".encode()


@pytest.mark.parametrize(("number", "shown"), [(0, "0 files"), (1, "1 file"), (1200, "1,200 files")])
def test_a_number_of_things_reads_as_one_would_say_it(number: int, shown: str) -> None:
    assert counted(number, "file") == shown
    assert counted(number, "batch", "batches") == shown.replace("file", "batch").replace("batchs", "batches")
