"""What the values of a foreign column look like: times, numbers, words, ids, addresses.

Names of columns are in `column_names`. Nothing is guessed: what two readings fit is said to be ambiguous.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

# a few values may be wrong: those rows are refused, and the column is still what it is
_MOST = 0.9
_FEW_WORDS = 50
_CLOCK = (
    r"(?:(?P<gap>T|,? )(?P<hour>\d{1,2}):\d{2}(?P<second>:\d{2})?(?P<fraction>[.,]\d{1,9})?"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone> ?(?:[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?"
)
_DIGITS = re.compile(rf"(?P<a>\d{{1,4}})(?P<mark>[-./])(?P<b>\d{{1,2}})(?P=mark)(?P<c>\d{{1,4}}){_CLOCK}")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_MONTH_FIRST = re.compile(rf"(?P<month>{_MONTH}) \d{{1,2}}(?P<comma>,?) \d{{4}}{_CLOCK}", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\d{{1,2}}(?P<mark>[ -])(?P<month>{_MONTH})(?P=mark)\d{{4}}{_CLOCK}", re.IGNORECASE)
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
    r"(?: ?(?:[Zz]|UTC|[+-]\d{2}(?::?\d{2})?))?)?"
)
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(?P<second>:\d{2})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_NUMBER = re.compile(r"[+-]?(?:\d[\d.,'’ \u00a0\u202f]*|\.\d+)(?:[eE][+-]?\d+)?")
_EPOCHS = (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9))
# 2001 to 2100
_EARLIEST_S, _LATEST_S = 978_307_200, 4_102_444_800


@dataclass(frozen=True)
class TimeShape:
    """How a column writes times.

    Attributes:
        format: for strptime; None if it is ISO 8601 or an epoch.
        epoch: the unit of an epoch.
        has_zone: whether each value says its zone.
        is_day: whether the values are whole days.
        other_format: the other reading, if the order of day and month does not show.
    """

    format: str | None = None
    epoch: str | None = None
    has_zone: bool = False
    is_day: bool = False
    other_format: str | None = None


@dataclass(frozen=True)
class NumberShape:
    """How a column writes numbers.

    Attributes:
        decimal: the character before the decimals; None if two readings fit.
        thousands: the character between groups of three digits, if there is one.
        is_whole: whether no value has decimals.
        is_positive: whether hardly any value is negative.
        maximum: of the values.
        places: the most decimals of a value.
    """

    decimal: str | None
    thousands: str | None
    is_whole: bool
    is_positive: bool
    maximum: Decimal
    places: int


def time_shape(values: Sequence[str]) -> TimeShape | None:
    """How the values write times; None if they are none."""
    if epoch := _epoch(values):
        return epoch
    readings = [_formats(value) for value in values]
    counts = Counter(format for formats in readings for format in formats)
    if not values or not counts or sum(map(bool, readings)) < enough(values):
        return None
    zoned = sum(bool(_zone_of(value)) for value in values)
    has_zone, is_day = zoned >= enough(values), not any("%H" in name or "%I" in name for name in counts)
    if sum(map(bool, map(_ISO.fullmatch, values))) >= enough(values):
        return TimeShape(has_zone=has_zone, is_day=is_day)
    (best, count), *others = counts.most_common()
    if count < enough(values):
        return None
    other = next((name for name, of_it in others if of_it == count), None)
    return TimeShape(best, has_zone=best.endswith("%z"), is_day=is_day, other_format=other)


def time_of_day_format(values: Sequence[str]) -> str | None:
    """The format of times of day without a date, such as 14:05:00; None if they are none."""
    matches = [_TIME_OF_DAY.fullmatch(value) for value in values]
    if not values or not all(matches):
        return None
    return "%H:%M:%S" if all(match and match["second"] for match in matches) else "%H:%M"


def number_shape(values: Sequence[str], *, decimal: str | None = None) -> NumberShape | None:
    """How the values write numbers; None if they are none.

    Args:
        values: the texts.
        decimal: the character before decimals, where it is known.
    """
    numbers = [value for value in values if _NUMBER.fullmatch(value)]
    if not values or len(numbers) < enough(values):
        return None
    mark = decimal or decimal_mark(numbers)
    read_with = mark or "."
    read = [number for value in numbers if (number := as_number(value, read_with)) is not None]
    if len(read) < enough(values):
        return None
    places = max(max(-int(number.as_tuple().exponent), 0) for number in read)
    is_whole = all(number == number.to_integral_value() for number in read)
    thousands = _group_mark(numbers, read_with)
    positive = sum(number >= 0 for number in read)
    return NumberShape(mark, thousands, is_whole, positive >= enough(values), max(read), places)


def decimal_mark(numbers: Iterable[str]) -> str | None:
    """The character before the decimals; None if the numbers can be read both ways."""
    is_unsure = False
    for number in numbers:
        marks = [mark for mark in number if mark in ".,"]
        if not marks or "e" in number.lower():
            continue
        if len(set(marks)) == 2:
            return marks[-1]
        other = "," if marks[0] == "." else "."
        if len(marks) > 1:
            return other
        before, after = re.split(r"[.,]", number)
        if len(after) != 3 or not 1 <= len(before.lstrip("+-")) <= 3 or before.lstrip("+-").startswith("0"):
            return marks[0]
        is_unsure = True
    return None if is_unsure else "."


def as_number(text: str, decimal: str) -> Decimal | None:
    """A number written with groups of digits and this decimal mark; None if it is none."""
    grouped = "," if decimal == "." else "."
    plain = re.sub(rf"(?<=\d)[{re.escape(grouped)}'’ \u00a0\u202f](?=\d{{3}}(?!\d))", "", text)
    plain = plain.replace(decimal, ".")
    return Decimal(plain) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", plain) else None


def _group_mark(numbers: Iterable[str], decimal: str) -> str | None:
    """The character between groups of three digits."""
    marks = {mark for number in numbers for mark in number.strip() if not mark.isdigit() and mark not in "+-"}
    return next(iter(sorted(marks - {decimal}, key=len)), None)


def are_emails(values: Sequence[str]) -> bool:
    """Whether the values are e-mail addresses."""
    return bool(values) and sum(map(bool, map(_EMAIL.fullmatch, values))) >= enough(values)


def are_few_words(values: Sequence[str]) -> bool:
    """Whether the values are a few words that repeat, as of types and states."""
    distinct = set(values)
    is_short = all(len(value) <= 100 for value in distinct)
    return (
        bool(values)
        and is_short
        and len(distinct) <= _FEW_WORDS
        and len(distinct) <= max(len(values) * 0.6, 3)
    )


def are_unique(values: Sequence[str | None]) -> bool:
    """Whether each value is there and occurs once."""
    return bool(values) and None not in values and len(set(values)) == len(values)


def enough(values: Sequence[str]) -> float:
    """How many of the values must have a shape; of four or more, one may always be wrong."""
    count = len(values)
    return min(_MOST * count, count - 1) if count >= 4 else count


def _epoch(values: Sequence[str]) -> TimeShape | None:
    numbers = [float(value) for value in values if re.fullmatch(r"\d{9,19}(\.\d+)?", value)]
    if not values or len(numbers) < enough(values):
        return None
    for unit, scale in _EPOCHS:
        if all(_EARLIEST_S <= number / scale <= _LATEST_S for number in numbers):
            return TimeShape(epoch=unit, has_zone=True)
    return None


def _zone_of(value: str) -> str | None:
    match = _DIGITS.fullmatch(value)
    return match["zone"] if match else None


def _formats(value: str) -> list[str]:
    """The formats that a time can be read with; two where day and month cannot be distinguished."""
    if match := _DIGITS.fullmatch(value):
        dates = _digit_dates(match["a"], match["b"], match["c"], match["mark"])
    elif match := _MONTH_FIRST.fullmatch(value):
        dates = [f"{_month(match['month'])} %d{match['comma']} %Y"]
    elif match := _DAY_FIRST.fullmatch(value):
        dates = [f"%d{match['mark']}{_month(match['month'])}{match['mark']}%Y"]
    else:
        return []
    return [date + _clock(match) for date in dates]


def _digit_dates(a: str, b: str, c: str, mark: str) -> list[str]:
    if len(a) == 4 and len(c) <= 2:
        return [f"%Y{mark}%m{mark}%d"] if int(b) <= 12 else []
    if len(a) > 2 or len(c) not in (2, 4):
        return []
    year = "%Y" if len(c) == 4 else "%y"
    found = [f"%d{mark}%m{mark}{year}"] if int(b) <= 12 and int(a) <= 31 else []
    # with points the day is always first
    return found + ([f"%m{mark}%d{mark}{year}"] if mark != "." and int(a) <= 12 and int(b) <= 31 else [])


def _month(name: str) -> str:
    return "%b" if len(name) == 3 else "%B"


def _clock(match: re.Match[str]) -> str:
    if not match["hour"]:
        return ""
    second = "" if not match["second"] else "%S" if not match["fraction"] else f"%S{match['fraction'][0]}%f"
    half = match["half"] or ""
    clock = ":".join(filter(None, ["%I" if half else "%H", "%M", second]))
    zone = match["zone"] or ""
    offset = f"{' ' * zone.startswith(' ')}%z" if zone else ""
    return f"{match['gap']}{clock}{half[:-2]}{'%p' if half else ''}{offset}"
