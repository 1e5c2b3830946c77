"""Reads one value of one column exactly: typed, or rejected with a reason.

Rows, and rules between columns, are in `exact_rows`; the fast counterpart is `fast_sql`.
"""

import re
from collections.abc import Set
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NoReturn

from orchestration.landing.contract import Column
from orchestration.landing.rejects import Reject, excerpt
from orchestration.landing.typing.json_text import Number, json_text

EXACT = Context(prec=200, rounding=ROUND_HALF_EVEN)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9.]*[0-9],[0-9]+")
# RFC 3339, and what PostgreSQL, BigQuery and strftime write: +00, +0200, " UTC", no seconds
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?: ?(?:([Zz]|UTC)|([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?))?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_NUMBER_CHARACTERS = 150
_WHOLE_DIGITS = 12
_FRACTION_DIGITS = {"credits": 6, "money": 12}
_SCORE_STEP = Decimal(1).scaleb(-17)
_INTEGER_LIMIT = 2**63
_WANTED = {
    "text": "text",
    "timezone": "text",
    "instant": "a time with an offset",
    "date": "a date",
    "credits": "a number",
    "money": "a number",
    "score": "a number",
    "count": "a whole number",
    "integer": "a whole number",
}


class ValueRejected(ValueError):
    """A value the contract does not allow."""

    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.reason)
        self.reject = reject


def read_value(column: Column, value: object, timezones: Set[str]) -> object:
    """The typed value, or None where it is missing (null, or the empty text).

    Raises:
        ValueRejected: the contract does not allow it.
    """
    if value is None or value == "":
        if column.required:
            _reject("required", column, None, "is required and missing or empty", "Fill it in every row.")
        return None
    if not isinstance(value, str):
        wanted = _WANTED[column.kind]
        problem = f"must be {wanted}, not {json_kind(value)}"
        _reject("type", column, json_text(value), problem, f"Deliver {wanted}.")
    if column.kind in ("text", "timezone"):
        text = _read_text(column, str(value), timezones)
        return None if text.lower() in column.missing else text
    if column.kind == "instant":
        return _read_instant(column, value)
    if column.kind == "date":
        return _read_date(column, value)
    return _read_number(column, value)


def check_storable(name: str, text: str) -> None:
    """Reject text that no table can store.

    Raises:
        ValueRejected: it contains NUL or half of a surrogate pair.
    """
    if "\0" in text:
        reason = f"{name} contains a NUL character"
        raise ValueRejected(
            Reject("text.nul", name, excerpt(text), reason, "Deliver the text without U+0000.")
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        reason = f"{name} contains half of a surrogate pair, which is not a character"
        remedy = "Deliver complete Unicode characters."
        raise ValueRejected(Reject("text.surrogate", name, excerpt(text), reason, remedy)) from error


def json_kind(value: object) -> str:
    """The type of a JSON value, as messages name it."""
    if isinstance(value, Number):
        return "a number"
    kinds = {bool: "true or false", dict: "an object", list: "an array", str: "text"}
    return kinds.get(type(value), "null")


def _read_text(column: Column, text: str, timezones: Set[str]) -> str:
    check_storable(column.name, text)
    if column.accepted and text not in column.accepted:
        allowed = ", ".join(column.accepted)
        remedy = f"Deliver one of {allowed}, in exact lower case."
        _reject("accepted_values", column, text, f"must be one of {allowed}", remedy)
    if column.kind == "timezone" and text not in timezones:
        remedy = "Deliver a name such as Europe/Berlin or UTC."
        _reject("timezone", column, text, "must be an IANA time zone", remedy)
    return text


def _read_instant(column: Column, text: str) -> datetime:
    if isinstance(text, Number):
        _reject_instant(column, text, "instant.format", "a number has no defined unit")
    match = _INSTANT.fullmatch(text)
    if not match:
        _reject_instant(column, text, "instant.format", "it is not RFC 3339")
    year, month, day, hour, minute, second, fraction, zulu, sign, offset_hours, offset_minutes = (
        match.groups()
    )
    if not zulu and not sign:
        _reject_instant(column, text, "instant.offset", "it has no offset, which is never guessed")
    microsecond = int((fraction or "")[:6].ljust(6, "0"))
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), microsecond, tzinfo=UTC
        )
        offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
        instant = local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        _reject_instant(column, text, "instant.range", "there is no such date and time")
    if instant < _EARLIEST:
        _reject_early(column, text, instant)
    return instant


def _reject_early(column: Column, text: str, instant: datetime) -> NoReturn:
    is_zero = abs(instant - _EPOCH) <= timedelta(days=1)
    problem = "is a missing time that was written as zero" if is_zero else "lies before 2000-01-01"
    remedy = "Deliver the true time." if column.required else "Deliver the true time, or leave it empty."
    _reject("instant.range", column, text, problem, remedy)


def _read_number(column: Column, text: str) -> Decimal | int:
    if len(text) > _MAX_NUMBER_CHARACTERS or not _NUMBER.fullmatch(text):
        problem, remedy = "must be a plain decimal number", "Deliver digits such as 12.5"
        if _DECIMAL_COMMA.fullmatch(text):
            problem += " with a point, and has a comma, which is never guessed to be a point"
        _reject("number.format", column, text, problem, f"{remedy}, without spaces, separators or NaN.")
    number = Decimal(text)
    if column.kind == "score":
        return _score(column, text, number)
    result = (
        _whole(column, text, number) if column.kind in ("count", "integer") else _fixed(column, text, number)
    )
    least = column.minimum if column.minimum is not None or column.kind != "count" else 0
    if least is not None and result < least:
        _reject("range", column, text, f"must be at least {least}", f"Deliver {least} or more.")
    return result


def _whole(column: Column, text: str, number: Decimal) -> int:
    _, digits, exponent = _significant(number)
    if exponent < 0:
        _reject("integer.whole", column, text, "must be a whole number", "Deliver it without a fraction.")
    if digits + exponent > 19 or not -_INTEGER_LIMIT <= int(number) < _INTEGER_LIMIT:
        _reject("integer.range", column, text, "must fit 64 bits", "Deliver a smaller whole number.")
    return int(number)


def _fixed(column: Column, text: str, number: Decimal) -> Decimal:
    scale = _FRACTION_DIGITS[column.kind]
    value, digits, exponent = _significant(_without_noise(number, scale))
    if exponent < -scale or digits + exponent > _WHOLE_DIGITS:
        problem = f"may have at most {_WHOLE_DIGITS} digits before the point and {scale} after it"
        remedy = "Deliver an exact amount within those digits; amounts are not rounded."
        _reject("decimal.digits", column, text, problem, remedy)
    return value.quantize(Decimal(1).scaleb(-scale), context=EXACT)


def _without_noise(number: Decimal, scale: int) -> Decimal:
    """The number that binary arithmetic meant: 0.30000000000000004 is 0.3.

    Noise is at most a thousandth of the last place, of the type or of six places. Money is never so rounded
    to zero: a price of one token may be that small.
    """
    if abs(number) >= 10**_WHOLE_DIGITS or _significant(number)[2] >= -scale:
        return number
    for places in (scale, 6):
        near = number.quantize(Decimal(1).scaleb(-places), context=EXACT)
        if abs(number - near) <= Decimal(1).scaleb(-places - 3) and (near or places == scale):
            return near
    return number


def _score(column: Column, text: str, number: Decimal) -> Decimal:
    if not 0 <= number <= 1:
        remedy = "Deliver a share such as 0.85, not a percentage."
        _reject("range", column, text, "must lie within 0 and 1", remedy)
    return abs(number).quantize(_SCORE_STEP, context=EXACT)


def _significant(number: Decimal) -> tuple[Decimal, int, int]:
    """The value without trailing zeros or a negative zero, its digit count and its exponent."""
    if not number:
        return Decimal(0), 0, 0
    value = number.normalize(EXACT)
    _, digits, exponent = value.as_tuple()
    return value, len(digits), int(exponent)


def _reject(rule: str, column: Column, value: object, problem: str, remedy: str) -> NoReturn:
    found = "" if value is None else f"; found {excerpt(value)}"
    raise ValueRejected(Reject(rule, column.name, excerpt(value), f"{column.name} {problem}{found}", remedy))


def _read_date(column: Column, text: str) -> date:
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            pass
        else:
            if column.starts_days and day < _EARLIEST.date():
                _reject("date.range", column, text, "lies before 2000-01-01", "Deliver the true day.")
            return day
    _reject("date.format", column, text, "must be a date", "Deliver it as YYYY-MM-DD, such as 2026-05-01.")


def _reject_instant(column: Column, text: str, rule: str, why: str) -> NoReturn:
    remedy = "Deliver RFC 3339 such as 2026-04-07T09:30:00Z or …+02:00."
    _reject(rule, column, text, f"must be a time with an offset, and {why}", remedy)
