"""JSON without loss: numbers keep their literal text, duplicate keys and lone surrogates are refused.

Only text in, values out, and back; what a column makes of a value is in `rows`.
"""

import json
from json.encoder import encode_basestring
from typing import NoReturn

from orchestration.landing.rejects import Reject, shown

MAX_DEPTH = 64


class Number(str):
    """The literal text of a JSON number."""

    __slots__ = ()


class JsonRefused(ValueError):
    """Text that is not one plain JSON value."""

    def __init__(self, rule: str, value: str | None, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reject = Reject(rule, None, shown(value), reason, remedy)


def parse_json(text: str) -> object:
    """Read one JSON value; numbers come back as `Number`.

    Raises:
        JsonRefused: the text is not JSON, names a key twice, or nests too deep.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonRefused(
            "json",
            text[max(0, error.pos - 20) : error.pos + 20],
            f"the line is not valid JSON: {error.msg} at character {error.pos + 1}",
            "Deliver one complete JSON object (RFC 8259) per line.",
        ) from error
    except RecursionError as error:
        raise _too_deep() from error


def json_text(value: object, depth: int = 1) -> str:
    """Write a parsed value as canonical JSON: keys sorted, no spaces, number literals as they came.

    Raises:
        JsonRefused: nested deeper than 64 levels, or a text contains a NUL.
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
        raise JsonRefused(
            "text.nul", text, "a text contains a NUL character", "Deliver the text without U+0000."
        )
    return encode_basestring(text)


def _unique_members(members: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(members)
    if len(unique) != len(members):
        seen: set[str] = set()
        name = next(key for key, _ in members if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise JsonRefused(
            "json.duplicate_key",
            name,
            f"the key {shown(name)!r} occurs more than once in one object",
            "Deliver each key once; which of two values is meant is not guessed.",
        )
    return unique


def _refuse_constant(name: str) -> NoReturn:
    raise JsonRefused(
        "json",
        name,
        f"{name} is not a JSON value",
        "Deliver a number, or null where there is none.",
    )


def _too_deep() -> JsonRefused:
    return JsonRefused(
        "json.depth",
        None,
        f"the JSON nests deeper than {MAX_DEPTH} levels",
        f"Deliver objects nested at most {MAX_DEPTH} levels deep.",
    )


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_members,
    parse_float=Number,
    parse_int=Number,
    parse_constant=_refuse_constant,
)
