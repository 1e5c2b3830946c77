"""Writes the DuckDB query that takes the values of one feed out of source records.

How a value is found in a record is in `record_steps`, arithmetic in `amounts`.
"""

import json
import re
from dataclasses import dataclass, replace
from decimal import Decimal

from orchestration.landing.contract import FEEDS, Column
from orchestration.landing.sources.language import (
    FRACTIONS,
    INSTANTS,
    NUMBERS,
    FeedMapping,
    Mapping,
    Rate,
    Value,
)
from orchestration.landing.sources.record_steps import RecordSteps, null_if, quoted

_LOCAL = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
_INSTANT = _LOCAL + r"(?:[Zz]| UTC| ?[+-][0-9]{2}(?::?[0-9]{2})?)"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ]00:00(?::00(?:\.0+)?)?)?"
_ZERO = r"[+-]?(?:0+(?:\.0*)?|\.0+)(?:[eE][+-]?[0-9]+)?"
# decimals that cannot overflow when they become microseconds
_EPOCHS = {
    "s": ("25, 9", "* 1000000"),
    "ms": ("25, 6", "* 1000"),
    "us": ("25, 3", ""),
    "ns": ("28, 3", "// 1000"),
}
_LAST_US = 253_402_300_799_999_999


@dataclass(frozen=True)
class Term:
    """An amount to multiply by the rate of a unit; `amount` is a column of the query."""

    unit: str
    amount: str


@dataclass(frozen=True)
class Amount:
    """A number that is calculated from columns of the query.

    Attributes:
        column: the contract column.
        card: the rate card, or None if the number stands as it is.
        terms: the amounts.
        otherwise: the column with the value where there is no amount, if any.
        given: the column with the number that stands instead of the product where it is there, if any.
        factor: by what the product is multiplied in the end.
        places: the decimals to which it is rounded, if it is.
    """

    column: str
    card: str | None
    terms: tuple[Term, ...]
    otherwise: str | None
    given: str | None
    factor: Decimal
    places: int | None


@dataclass(frozen=True)
class Fault:
    """A column of the query that holds a value which cannot be read, where there is one."""

    found: str
    column: str | None


@dataclass(frozen=True)
class FeedQuery:
    """The query of one feed, over the tables that `RecordSteps` names.

    Attributes:
        sql: gives `position`, `fell_back` (an id is content and occurrence), `instant_us`, `attributes` (JSON
            or null), the contract columns and those named below.
        columns: the contract columns that are filled.
        ordinals: the columns that order the rows of one record.
        amounts: the contract columns to calculate.
        faults: what makes a record unreadable.
    """

    sql: str
    columns: tuple[str, ...]
    ordinals: tuple[str, ...]
    amounts: tuple[Amount, ...]
    faults: tuple[Fault, ...]


def feed_query(mapping: Mapping, name: str, feed: FeedMapping) -> FeedQuery:
    """The query that maps records to rows of the feed of that name."""
    return _FeedWriter(mapping, name, feed).write()


class _FeedWriter:
    def __init__(self, mapping: Mapping, name: str, feed: FeedMapping) -> None:
        self._reads = mapping.reads
        self._name = mapping.name
        self._feed = feed
        self._contract: dict[str, Column] = {column.name: column for column in FEEDS[name].columns}
        self._steps = RecordSteps(mapping, self._feed)
        self._faults = [Fault(text, None) for text in self._steps.broken]
        self._fallbacks: list[str] = []
        self._amounts: list[Amount] = []

    def write(self) -> FeedQuery:
        columns: dict[str, str] = {}
        if "source" in self._contract and "source" not in self._feed.columns:
            columns["source"] = quoted(self._name)
        for name, value in self._feed.columns.items():
            if _is_calculated(value):
                self._amounts.append(self._amount(name, value))
            else:
                columns[name] = self._steps.add(self._value(value, self._contract[name]))
        named = {f'{sql} as "{name}"' for name, sql in columns.items()}
        found = [f"{fault.found} as {fault.found}" for fault in self._faults]
        needed = [
            name
            for amount in self._amounts
            for name in (*(term.amount for term in amount.terms), amount.otherwise, amount.given)
            if name
        ]
        instant = next((columns[name] for name in INSTANTS if name in columns), "null")
        selected = [
            "position",
            f"({' or '.join(self._fallbacks) or 'false'}) as fell_back",
            f"epoch_us(try_cast({instant} as timestamptz)) as instant_us",
            f"{self._kept()} as attributes",
            *self._steps.ordinals,
            *sorted(named),
            *dict.fromkeys(found),
            *dict.fromkeys(needed),
        ]
        return FeedQuery(
            self._steps.select(", ".join(dict.fromkeys(selected))),
            tuple(columns),
            tuple(self._steps.ordinals),
            tuple(self._amounts),
            tuple(dict.fromkeys(self._faults)),
        )

    def _kept(self) -> str:
        """An object of the kept values that are there."""
        members = []
        for name, path in self._feed.keep.items():
            found = self._steps.add(self._steps.json(path))
            members.append(f"{quoted(json.dumps(name, ensure_ascii=False) + ':')} || {found}")
        if not members:
            return "null::varchar"
        return f"nullif('{{' || concat_ws(',', {', '.join(members)}) || '}}', '{{}}')"

    # one value

    def _value(self, value: Value, column: Column) -> str:
        """The text of a value, as an expression; what cannot be converted is left for the contract."""
        if value.id:
            return self._fallback("true")
        found = null_if(self._source(value, column), ["", *value.null_if])
        if value.before is not None:
            found = f"nullif(trim(split_part({found}, {quoted(value.before)}, 1)), '')"
        if value.map is not None:
            found = self._steps.add(found)
            words = " ".join(
                f"when {quoted(word)} then {quoted(meant) if meant else 'null'}"
                for word, meant in value.map.items()
            )
            found = f"case {found} {words} else {found} end" if words else found
        if value.pseudonym is not None:
            # with a key, so that nobody without it can try out addresses
            found = f"left(sha256({quoted(value.pseudonym)} || chr(0) || {found}), 16)"
        if column.kind == "instant":
            found = self._instant(value, self._steps.add(found))
        elif column.kind == "date":
            found = self._date(value, self._steps.add(found))
        elif column.kind in NUMBERS and (value.path is not None or value.tag is not None):
            found = self._number(value, found, column)
        if value.else_ is None:
            return found
        found = self._steps.add(found)
        otherwise = self._fallback(f"{found} is null") if value.else_.id else self._value(value.else_, column)
        return f"coalesce({found}, {otherwise})"

    def _source(self, value: Value, column: Column) -> str:
        if value.path is not None:
            is_number = column.kind in FRACTIONS or value.epoch is not None
            return self._steps.text(value.path, is_number=is_number)
        if value.const is not None:
            return quoted(value.const)
        if value.folder is not None:
            names = self._steps.add("string_split(file_path, '/')")
            return f"case when len({names}) > {value.folder + 1} then {names}[{value.folder + 1}] end"
        if value.tag is not None and value.in_ is not None:
            return self._tag(value.tag, value.in_)
        if value.first is not None:
            written = {"decimal": value.decimal, "thousands": value.thousands}
            parts = [
                null_if(self._value(_with_defaults(part, written), column), ["", *value.null_if])
                for part in value.first
            ]
            return f"coalesce({', '.join(parts)})"
        assert value.concat is not None
        text = Column(column.name)
        parts = [self._steps.add(self._value_of_part(part, text)) for part in value.concat]
        joined = f" || {quoted(value.separator)} || ".join(parts)
        return f"({joined})"

    def _value_of_part(self, part: Value, column: Column) -> str:
        """A part of `concat`, of which only a constant may be empty."""
        if part.const is not None:
            return quoted(part.const)
        if part.else_ is not None and part.else_.const == "":
            return f"coalesce({self._value(part.model_copy(update={'else_': None}), column)}, '')"
        return self._value(part, column)

    def _tag(self, prefix: str, path: str) -> str:
        """What follows the prefix in the first text of an array that begins with it."""
        text = self._steps.text(path)
        tags = self._steps.add(
            f"case when left({text}, 1) = '[' and json_valid({text}) "
            f"then from_json({text}, '[\"VARCHAR\"]') end"
        )
        found = f"list_filter({tags}, lambda tag: starts_with(tag, {quoted(prefix)}))[1]"
        return f"substr({found}, {len(prefix) + 1})"

    def _fallback(self, condition: str) -> str:
        """The hash of the record, which of all identical ones it is, and its position if it was exploded."""
        self._fallbacks.append(f"({condition})")
        parts = [
            "left(sha256(trim(record, ' ' || chr(9) || chr(10) || chr(13))), 32)",
            "occurrence",
            *self._steps.ordinals,
        ]
        return f"concat_ws('-', {', '.join(parts)})"

    # times

    def _instant(self, value: Value, text: str) -> str:
        if value.epoch:
            return f"coalesce({_written(self._epoch(value, text))}, {text})"
        if value.day:
            # noon: the same day in every time zone less than twelve hours away
            noon = f"({self._local_date(value, text)})::timestamp + interval 12 hours"
            return f"coalesce({_written(_in_zone(noon, value.zone))}, {text})"
        if value.format:
            parsed = f"try_strptime({text}, {quoted(value.format)})"
            if re.search("%[zZ]", value.format):
                utc = f"timezone('UTC', {parsed})"
            else:
                utc = _in_zone(parsed, value.zone)
            return f"coalesce({_written(utc)}, {text})"
        if value.zone:
            local = _cast(text, _LOCAL, "timestamp")
            return f"coalesce({_written(_in_zone(local, value.zone))}, {text})"
        return text

    def _date(self, value: Value, text: str) -> str:
        """A date; of an instant, its day in the declared zone."""
        if value.epoch:
            instant = f"timezone('UTC', {self._epoch(value, text)})"
        elif value.format and not value.day and re.search("%[zZ]", value.format):
            instant = f"try_strptime({text}, {quoted(value.format)})"
        elif value.zone and not value.format:
            instant = _cast(text, _INSTANT, "timestamptz")
        elif value.format or value.day:
            return f"coalesce(({self._local_date(value, text)})::varchar, {text})"
        else:
            return text
        return f"coalesce(timezone({quoted(value.zone or 'UTC')}, {instant})::date::varchar, {text})"

    def _local_date(self, value: Value, text: str) -> str:
        if value.format:
            return f"try_strptime({text}, {quoted(value.format)})::date"
        return (
            f"case when regexp_full_match({text}, {quoted(_DAY)}) then try_cast(left({text}, 10) as date) end"
        )

    def _epoch(self, value: Value, text: str) -> str:
        digits, factor = _EPOCHS[value.epoch or "s"]
        exact = f"try_cast({text} as decimal({digits}))"
        whole = (
            f"trunc({exact})::hugeint {factor}"
            if value.epoch == "ns"
            else f"trunc({exact} {factor})::hugeint"
        )
        micros = self._steps.add(whole)
        return f"make_timestamp(case when {micros} between 0 and {_LAST_US} then {micros}::bigint end)"

    # numbers

    def _number(self, value: Value, text: str, column: Column) -> str:
        """A number with a point; one not written as declared is a fault: 1.234 would pass for another."""
        point = value.decimal or self._reads.decimal
        group = value.thousands or self._reads.thousands
        if point == "." and group is None:
            return text
        text = self._steps.add(text)
        digits = f"(?:[0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{3}})+|[0-9]+)" if group else "[0-9]+"
        pattern = rf"\s*[+-]?{digits}(?:{re.escape(point)}[0-9]+)?(?:[eE][+-]?[0-9]+)?\s*"
        is_number = f"regexp_full_match({text}, {quoted(pattern)})"
        self._faults.append(Fault(self._steps.add(f"case when not {is_number} then {text} end"), column.name))
        plain = f"replace({text}, {quoted(group)}, '')" if group else text
        return f"case when {is_number} then trim(replace({plain}, {quoted(point)}, '.')) end"

    def _amount(self, name: str, value: Value) -> Amount:
        column = self._contract[name]
        factor = Decimal(-1 if value.negate else 1).scaleb(-(value.minor_units or 0))
        other = value.else_
        bare = value.model_copy(update={"places": None, "minor_units": None, "negate": False, "else_": None})
        if value.rate is None and other is not None and other.rate is not None:
            given = self._steps.add(self._value(bare, column))
            places = value.places if other.places is None else other.places
            return replace(self._amount(name, other), given=given, places=places)
        rated = self._rated(value.rate, column) if value.rate else None
        amounts = rated or {"": self._value(bare, column)}
        terms = tuple(Term(unit, self._steps.add(amount)) for unit, amount in amounts.items())
        otherwise = self._steps.add(self._value(other, column)) if other else None
        card = value.rate.card if value.rate else None
        return Amount(name, card, terms, otherwise, None, factor, value.places)

    def _rated(self, rate: Rate, column: Column) -> dict[str, str]:
        """The amounts to multiply, by unit."""
        if rate.unit == "tokens":
            tokens = rate.tokens or {
                f"{kind}_token": self._feed.columns[f"{kind}_tokens"] for kind in ("input", "output")
            }
            return {unit: self._value(part, column) for unit, part in tokens.items()}
        of = self._steps.add(self._value(rate.of, column)) if rate.of else "'1'"
        if rate.or_:
            is_none = f"{of} is null or regexp_full_match({of}, {quoted(_ZERO)})"
            of = f"case when {is_none} then coalesce({self._value(rate.or_, column)}, {of}) else {of} end"
        return {rate.unit: of}


def _with_defaults(value: Value, defaults: dict[str, str | None]) -> Value:
    return value.model_copy(update={name: getattr(value, name) or text for name, text in defaults.items()})


def _is_calculated(value: Value) -> bool:
    is_rated = value.rate is not None or (value.else_ is not None and value.else_.rate is not None)
    return is_rated or value.places is not None or bool(value.minor_units) or value.negate


def _cast(text: str, pattern: str, kind: str) -> str:
    return (
        f"case when regexp_full_match({text}, {quoted(pattern)}) then try_cast(upper({text}) as {kind}) end"
    )


def _in_zone(local: str, zone: str | None) -> str:
    """The UTC time of a local one."""
    return local if zone == "UTC" else f"timezone('UTC', timezone({quoted(zone or 'UTC')}, {local}))"


def _written(utc: str) -> str:
    return f"({utc})::varchar || 'Z'"
