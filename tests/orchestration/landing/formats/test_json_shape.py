"""What JSON that is no JSON lines is recognised as.

That it only explains files without a row is tested in lake/.
"""

import json

import pytest

from orchestration.landing.formats.json_shape import json_shape

ROW = {"event_id": "e1", "tags": ["a"], "attributes": {"n": 1}}
PAGE = {"object": "page", "result": {"items": [ROW, ROW, ROW], "errors": [{"code": 1}]}, "next": None}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_objects_over_several_lines_are_recognised(end: str) -> None:
    text = end.join(json.dumps(row, indent=2).replace("\n", end) for row in (ROW, ROW))
    reject = json_shape(text.encode())
    assert reject and "over several lines" in reject.reason and "on one line" in reject.remedy


def test_an_object_that_goes_on_after_what_was_read_is_recognised() -> None:
    reject = json_shape(json.dumps({"é": "ü"} | ROW, indent=1, ensure_ascii=False).encode()[:-10])
    assert reject and "over several lines" in reject.reason


@pytest.mark.parametrize("indent", [None, 4])
def test_a_page_of_an_api_is_named_by_its_array(indent: int | None) -> None:
    reject = json_shape(json.dumps(PAGE, indent=indent).encode() + b"\n")
    assert reject and "an array of 3 objects in result.items" in reject.reason
    assert "Deliver the array result.items itself" in reject.remedy


def test_an_array_named_as_json_lines_is_recognised() -> None:
    reject = json_shape(b" \n" + json.dumps([ROW]).encode())
    assert reject and "Name it .json" in reject.remedy


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nope",
        b"event_id,credits\n1,2\n",
        json.dumps(ROW).encode(),
        json.dumps(ROW).encode() + b"\n" + json.dumps(ROW).encode(),
        json.dumps(ROW).encode()[:-1] + b"\n" + json.dumps(ROW).encode() + b"\n{}\n",
        b'{"a": {"b": "c\n{"a": 1}\n{"a": 2}\n',
        b'{"a": 1} x\n{"a": 1}\n',
        b'{"n": ' + b"1" * 10_000 + b"}\n",
        b'{"a":' * 100_000,
    ],
)
def test_what_may_be_json_lines_is_not_explained(data: bytes) -> None:
    assert json_shape(data) is None
