"""The exact row reader: one JSON document to typed values, or the reason it is refused.

This is the meaning of the contract. `typing_sql` is its fast twin and may accept only what this accepts; no files here.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import NoReturn

from orchestration.landing.contract import ATTRIBUTES, Column, Feed, SignRule
from orchestration.landing.json_text import JsonRefused, Number, json_text, parse_json
from orchestration.landing.rejects import Reject, shown

_EXACT = Context(prec=200, rounding=ROUND_HALF_EVEN)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:([Zz])|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?"
)
_MAX_NUMBER_CHARACTERS = 150
_WHOLE_DIGITS = 12
_FRACTION_DIGITS = {"credits": 6, "money": 12}
_SCORE_STEP = Decimal(1).scaleb(-17)
_INTEGER_LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class Row:
    """A row that meets the contract.

    Attributes:
        values: every contract column (None where missing), typed, defaults applied.
        attributes: canonical JSON text of the attributes and unknown columns, or None.
        unknown: names of the columns the contract does not know.
    """

    values: dict[str, object]
    attributes: str | None
    unknown: tuple[str, ...]


class RowRejected(ValueError):
    """A row that does not meet the contract; `names` are the columns it had, if it was an object."""

    def __init__(self, reject: Reject, names: frozenset[str] | None = None) -> None:
        super().__init__(reject.reason)
        self.reject = reject
        self.names = names


def read_row(feed: Feed, document: str, *, timezones: Set[str]) -> Row:
    """Type one JSON document by the feed's contract.

    Args:
        feed: the contract.
        document: JSON text of one object.
        timezones: the zone names accepted.

    Raises:
        RowRejected: the first rule broken, in contract column order.
    """
    found = _parse_object(document)
    names = frozenset(found)
    try:
        values: dict[str, object] = {}
        for column in feed.columns:
            value = _read_value(column, found.get(column.name), timezones)
            values[column.name] = value if value is not None else _default(column, values)
        for rule in feed.sign_rules:
            _check_sign(rule, values)
        return Row(values, *_read_extras(feed, found))
    except JsonRefused as error:
        raise RowRejected(error.reject, names) from error
    except RowRejected as error:
        raise RowRejected(error.reject, names) from error


def read_extras(feed: Feed, document: str) -> tuple[str | None, tuple[str, ...]]:
    """Attributes text and unknown column names of a document whose contract columns are already good.

    Raises:
        RowRejected: as `read_row` would.
    """
    found = _parse_object(document)
    try:
        return _read_extras(feed, found)
    except JsonRefused as error:
        raise RowRejected(error.reject, frozenset(found)) from error


def _parse_object(document: str) -> dict[str, object]:
    try:
        found = parse_json(document)
    except JsonRefused as error:
        raise RowRejected(error.reject) from error
    if not isinstance(found, dict):
        reason = f"a row must be a JSON object, not {_kind_of(found)}"
        raise RowRejected(
            Reject("json.object", None, shown(document.strip()), reason, "Deliver one JSON object per row.")
        )
    return found


def _read_extras(feed: Feed, found: dict[str, object]) -> tuple[str | None, tuple[str, ...]]:
    unknown = found.keys() - set(feed.names) - {ATTRIBUTES}
    extras = {name: found[name] for name in unknown if found[name] not in (None, "")}
    given = found.get(ATTRIBUTES)
    if isinstance(given, str) and not isinstance(given, Number):
        given = _object_in_text(given)
    if given not in (None, "", {}):
        # A name on both sides would lose one value, so the given object then keeps its own level.
        if isinstance(given, dict) and not given.keys() & extras.keys():
            extras |= given
        else:
            extras[ATTRIBUTES] = given
    text = json_text(extras) if extras else None
    if text is not None:
        _check_storable(ATTRIBUTES, text)
    return text, tuple(sorted(unknown))


def _object_in_text(text: str) -> object:
    """CSV can only give attributes as text: a JSON object in it is meant as one."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        return parse_json(text)
    except JsonRefused:
        return text


def _read_value(column: Column, value: object, timezones: Set[str]) -> object:
    if value is None or value == "":
        if column.required:
            _refuse("required", column, None, "is required and missing or empty", "Fill it in every row.")
        return None
    if isinstance(value, bool | dict | list):
        _refuse(
            "type", column, json_text(value), f"must be {_WANTED[column.kind]}, not {_kind_of(value)}",
            f"Deliver {_WANTED[column.kind]}.",
        )  # fmt: skip
    assert isinstance(value, str)
    if column.kind in ("text", "timezone"):
        return _read_text(column, str(value), timezones)
    if column.kind == "instant":
        if isinstance(value, Number):
            _refuse_instant(column, value, "instant.format", "a bare number does not say what it counts")
        return _read_instant(column, value)
    return _read_number(column, value)


def _read_text(column: Column, text: str, timezones: Set[str]) -> str:
    _check_storable(column.name, text)
    if column.accepted and text not in column.accepted:
        allowed = ", ".join(column.accepted)
        _refuse("accepted_values", column, text, f"must be one of {allowed}", f"Deliver one of {allowed}, in exact lower case.")  # fmt: skip
    if column.kind == "timezone" and text not in timezones:
        _refuse("timezone", column, text, "must be an IANA time zone", "Deliver a name such as Europe/Berlin or UTC.")  # fmt: skip
    return text


def _read_instant(column: Column, text: str) -> datetime:
    match = _INSTANT.fullmatch(text)
    if not match:
        _refuse_instant(column, text, "instant.format", "it is not RFC 3339")
    *parts, fraction, zulu, sign, hours, minutes = match.groups()
    if not zulu and not sign:
        _refuse_instant(column, text, "instant.offset", "it has no offset, and none is guessed")
    try:
        local = datetime(*map(int, parts), int((fraction or "")[:6].ljust(6, "0")), UTC)  # type: ignore[arg-type,misc]
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        _refuse_instant(column, text, "instant.range", "no such date and time exists (a leap second neither)")


def _read_number(column: Column, text: str) -> Decimal | int:
    if len(text) > _MAX_NUMBER_CHARACTERS or not _NUMBER.fullmatch(text):
        _refuse("number.format", column, text, "must be a plain decimal number", "Deliver digits such as 12.5, without spaces, separators or NaN.")  # fmt: skip
    try:
        number = Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern leaves nothing Decimal refuses
        _refuse(
            "number.format", column, text, "must be a plain decimal number", "Deliver digits such as 12.5."
        )
    if column.kind in ("count", "integer"):
        result: Decimal | int = _whole(column, text, number)
    elif column.kind == "score":
        result = _score(column, text, number)
    else:
        result = _fixed(column, text, number)
    minimum = column.minimum if column.minimum is not None else _KIND_MINIMUM.get(column.kind)
    if minimum is not None and result < minimum:
        _refuse("range", column, text, f"must be at least {minimum}", f"Deliver {minimum} or more.")
    return result


def _whole(column: Column, text: str, number: Decimal) -> int:
    _, digits, exponent = _significant(number)
    if exponent < 0:
        _refuse("integer.whole", column, text, "must be a whole number", "Deliver it without a fraction.")
    if digits + exponent > 19 or not -_INTEGER_LIMIT <= int(number) < _INTEGER_LIMIT:
        _refuse("integer.range", column, text, "must fit 64 bits", "Deliver a smaller whole number.")
    return int(number)


def _fixed(column: Column, text: str, number: Decimal) -> Decimal:
    scale = _FRACTION_DIGITS[column.kind]
    value, digits, exponent = _significant(number)
    if exponent < -scale or digits + exponent > _WHOLE_DIGITS:
        limits = f"{_WHOLE_DIGITS} digits before the point and {scale} after it"
        _refuse("decimal.digits", column, text, f"may have at most {limits}", "Deliver the exact amount within those digits; it is not rounded here.")  # fmt: skip
    return value.quantize(Decimal(1).scaleb(-scale), context=_EXACT)


def _score(column: Column, text: str, number: Decimal) -> Decimal:
    if not 0 <= number <= 1:
        _refuse("range", column, text, "must lie within 0 and 1", "Deliver a share such as 0.85, not a percentage.")  # fmt: skip
    return abs(number).quantize(_SCORE_STEP, context=_EXACT)


def _significant(number: Decimal) -> tuple[Decimal, int, int]:
    """The value without trailing zeros or a negative zero, its digit count and its exponent."""
    if not number:
        return Decimal(0), 0, 0
    value = number.normalize(_EXACT)
    _, digits, exponent = value.as_tuple()
    return value, len(digits), int(exponent)


def _check_sign(rule: SignRule, values: dict[str, object]) -> None:
    kind, number = values[rule.decided_by], values[rule.column]
    sign = rule.signs[str(kind)]
    assert isinstance(number, Decimal)
    if (sign == "positive" and number <= 0) or (sign == "negative" and number >= 0):
        reason = f"{rule.column} of a {kind} must be {sign}; found {number.normalize(_EXACT):f}"
        remedy = f"Deliver a {sign} number, or the {rule.decided_by} that is meant."
        raise RowRejected(Reject("sign", rule.column, shown(number), reason, remedy))


def _check_storable(name: str, text: str) -> None:
    if "\0" in text:
        reason = f"{name} contains a NUL character"
        raise RowRejected(Reject("text.nul", name, shown(text), reason, "Deliver the text without U+0000."))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        reason = f"{name} contains half of a surrogate pair, which is no character"
        raise RowRejected(
            Reject("text.surrogate", name, shown(text), reason, "Deliver complete Unicode characters.")
        ) from None


def _default(column: Column, values: dict[str, object]) -> object:
    return values[column.default_from] if column.default_from else column.default


def _refuse(rule: str, column: Column, value: object, problem: str, remedy: str) -> NoReturn:
    found = "" if value is None else f"; found {shown(value)}"
    reason = f"{column.name} {problem}{found}"
    raise RowRejected(Reject(rule, column.name, shown(value), reason, remedy))


def _refuse_instant(column: Column, text: str, rule: str, why: str) -> NoReturn:
    problem = f"must be a time with an offset, and {why}"
    _refuse(rule, column, text, problem, "Deliver RFC 3339 such as 2026-04-07T09:30:00Z or …+02:00.")


def _kind_of(value: object) -> str:
    if isinstance(value, Number):
        return "a number"
    kinds = {bool: "true or false", dict: "an object", list: "an array", str: "text"}
    return kinds.get(type(value), "null")


_KIND_MINIMUM = {"count": 0}
_WANTED = {
    "text": "text",
    "timezone": "text",
    "instant": "a time with an offset",
    "credits": "a number",
    "money": "a number",
    "score": "a number",
    "count": "a whole number",
    "integer": "a whole number",
}
