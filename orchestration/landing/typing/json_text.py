"""Reads and writes JSON without loss: numbers keep their literal text, duplicate keys are rejected.

What a value means in a column is in `exact_values`.
"""

import json
from json.encoder import encode_basestring
from typing import NoReturn

from orchestration.landing.rejects import Reject, excerpt

MAX_DEPTH = 64


class Number(str):
    """The literal text of a JSON number."""

    __slots__ = ()


class JsonRejected(ValueError):
    """Text that is not one valid JSON value."""

    def __init__(self, rule: str, value: str | None, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reject = Reject(rule, None, excerpt(value), reason, remedy)


def parse_json(text: str) -> object:
    """Read one JSON value; numbers come back as `Number`.

    Raises:
        JsonRejected: the text is not JSON, names a key twice, or nests too deep.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonRejected(
            "json",
            text[max(0, error.pos - 20) : error.pos + 20],
            f"the line is not valid JSON: {error.msg} at character {error.pos + 1}",
            "Deliver one complete JSON object (RFC 8259) per line.",
        ) from error
    except RecursionError as error:
        raise _too_deep() from error


def json_text(value: object, depth: int = 1) -> str:
    """Write a parsed value as canonical JSON: keys sorted, no spaces, number literals unchanged.

    Raises:
        JsonRejected: nested deeper than 64 levels, or a text contains a NUL.
    """
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        members = (f"{_quoted(key)}:{json_text(value[key], depth + 1)}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(json_text(item, depth + 1) for item in value) + "]"
    return {None: "null", True: "true", False: "false"}[value]  # type: ignore[index]


def _quoted(text: str) -> str:
    if "\0" in text:
        raise JsonRejected(
            "text.nul", text, "a text contains a NUL character", "Deliver the text without U+0000."
        )
    return encode_basestring(text)


def _unique_members(members: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(members)
    if len(unique) != len(members):
        seen: set[str] = set()
        name = next(key for key, _ in members if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise JsonRejected(
            "json.duplicate_key",
            name,
            f"the key {excerpt(name)!r} occurs more than once in one object",
            "Deliver each key once; which of two values is right is never guessed.",
        )
    return unique


def _reject_constant(name: str) -> NoReturn:
    raise JsonRejected(
        "json",
        name,
        f"{name} is not a JSON value",
        "Deliver a number, or null where there is no value.",
    )


def _too_deep() -> JsonRejected:
    return JsonRejected(
        "json.depth",
        None,
        f"the JSON nests deeper than {MAX_DEPTH} levels",
        f"Deliver objects nested at most {MAX_DEPTH} levels deep.",
    )


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_members,
    parse_float=Number,
    parse_int=Number,
    parse_constant=_reject_constant,
)
