"""Recognises JSON that is no JSON lines: objects over several lines, a page of an API, an array.

It only explains a file of which no line is a row; which lines are rows is decided in typing/.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress

from orchestration.landing.rejects import Reject, file_rejected

_ANY = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DEEPEST_ARRAY = 3


def json_shape(data: bytes) -> Reject | None:
    """Why no line of the file can be a row, by its first record; None if it may be JSON lines.

    Args:
        data: the beginning of the file.
    """
    data = data.lstrip()
    if not data.startswith((b"{", b"[")):
        return None
    try:
        value, is_several_lines = _first_value(data)
    except RecursionError:
        return None
    if data.startswith(b"["):
        return _reject("the file is one JSON array, and its name says JSON lines", "Name it .json.")
    array = max(_arrays(value), key=lambda found: found[1], default=None)
    if array:
        path, count = array
        reason = f"the file is one object with an array of {count} objects in {path}"
        remedy = f"Deliver the array {path} itself as a .json file, or each of its objects on one line."
        return _reject(reason, remedy)
    remedy = "Deliver each object on one line, or all of them in one JSON array named .json."
    return _reject("its objects are written over several lines", remedy) if is_several_lines else None


def _first_value(data: bytes) -> tuple[object, bool]:
    """The first value, None if it is not complete, and whether it takes more than its first line."""
    first, *others = _LINE_END.split(data, maxsplit=2)
    with suppress(json.JSONDecodeError):
        return _ANY.raw_decode(first.decode("utf-8", "replace"))[0], False
    text = data.decode("utf-8", "replace")
    try:
        return _ANY.raw_decode(text)[0], True
    except json.JSONDecodeError as error:
        # a first line that was cut off breaks at the beginning of the second
        third = others[1].decode("utf-8", "replace") if len(others) > 1 else ""
        return None, bool(third) and error.pos >= len(text) - len(third)


def _arrays(value: object, path: str = "", depth: int = 1) -> Iterator[tuple[str, int]]:
    """The path and length of each array of objects inside an object."""
    if not isinstance(value, dict) or depth > _DEEPEST_ARRAY:
        return
    for name, inner in value.items():
        inner_path = f"{path}.{name}" if path else str(name)
        if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner):
            yield inner_path, len(inner)
        yield from _arrays(inner, inner_path, depth + 1)


def _reject(reason: str, remedy: str) -> Reject:
    return file_rejected("file.json_shape", reason, remedy).reject
