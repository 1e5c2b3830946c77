"""Proposes a mapping for a flat file: pairs its columns with ours by name and by the shape of their values.

What does not show in the file (a time zone, what a credit is) becomes a question, never a guess.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.landing.contract import FEEDS
from orchestration.landing.sources.connect.flat.column_names import normalised
from orchestration.landing.sources.connect.flat.flat_table import Choices, FlatTable, Question
from orchestration.landing.sources.connect.flat.pair_columns import NUMBERS, WHOLE_NUMBERS, ColumnPairs
from orchestration.landing.sources.connect.flat.status_words import status_of
from orchestration.landing.sources.connect.flat.value_shapes import (
    NumberShape,
    TimeShape,
    are_emails,
    are_unique,
    decimal_mark,
    number_shape,
    time_of_day_format,
)
from orchestration.landing.sources.language import CONTENT_AND_OCCURRENCE

FEED = "generation_events"
DEFAULT_WORKSPACE, DEFAULT_TYPE = "default", "generation"
_OURS = frozenset(column.name for column in FEEDS[FEED].columns)
_CURRENCIES = {
    "usd": "USD",
    "dollar": "USD",
    "eur": "EUR",
    "euro": "EUR",
    "gbp": "GBP",
    "chf": "CHF",
    "thb": "THB",
}


@dataclass(frozen=True)
class Pair:
    """One of our columns: the value as the mapping says it, the columns it is from, and why so."""

    ours: str
    value: Any
    theirs: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Proposal:
    """A mapping as far as it shows, and what has to be asked.

    Attributes:
        reads: the verbs of `reads`.
        pairs: our columns.
        questions: what is missing.
        unused: the columns that are not mapped.
    """

    reads: dict[str, Any]
    pairs: tuple[Pair, ...]
    questions: tuple[Question, ...]
    unused: tuple[str, ...]


def propose(table: FlatTable, choices: Choices) -> Proposal:
    """The mapping of a flat file to generations."""
    return _Proposer(table, choices).propose()


def unknown_columns(table: FlatTable, choices: Choices) -> list[str]:
    """Columns that the user named and that are not there, as sentences."""
    problems = [
        f"--column {ours}: {ours!r} is no column of {FEED}; it has {', '.join(sorted(_OURS))}"
        for ours in choices.columns
        if ours not in _OURS
    ]
    named = [(f"--column {ours}", theirs) for ours, theirs in choices.columns.items() if theirs]
    named += [("--credits", choices.credits)] if choices.credits else []
    named += [("--rate", rate.column) for rate in choices.rates if rate.column]
    known = set(table.columns) | set(table.names.values())
    return problems + [
        f"{flag}: the file has no column {theirs!r}; it has {', '.join(table.names.values())}"
        for flag, theirs in named
        if theirs not in known
    ]


class _Proposer:
    def __init__(self, table: FlatTable, choices: Choices) -> None:
        self._table = table
        self._choices = choices
        self._columns = ColumnPairs(table, choices)
        self._times = self._columns.times
        self._questions: list[Question] = []
        self._pairs: dict[str, Pair] = {}
        self._taken = self._columns.found()
        self._decimal = self._file_decimal()

    def propose(self) -> Proposal:
        self._event_id()
        self._occurred_at()
        self._constant("workspace_id", self._choices.workspace, DEFAULT_WORKSPACE)
        self._member_id()
        self._plain("product_id")
        self._constant("generation_type", self._choices.type, DEFAULT_TYPE)
        self._credits()
        self._status()
        for ours in (
            "model",
            "provider",
            "locale",
            "product_category",
            "ruleset_id",
            "template_id",
            "workflow",
            "request_id",
        ):
            self._plain(ours)
        for ours in ("input_tokens", "output_tokens", "latency_ms", "quality_score"):
            self._plain(ours)
        self._provider_cost()
        self._recorded_at()
        used = {path for pair in self._pairs.values() for path in pair.theirs}
        unused = tuple(path for path in self._table.columns if path not in used)
        order = [name for name in FEEDS[FEED].names if name in self._pairs]
        pairs = tuple(self._pairs[name] for name in order)
        return Proposal(self._reads(), pairs, tuple(self._questions), unused)

    def _shown(self, path: str) -> str:
        return self._table.names[path]

    def _file_decimal(self) -> str:
        """The character before the decimals of the numbers that count; asked for if two readings fit."""
        if not self._table.is_text:
            return "."
        if self._choices.decimal:
            return self._choices.decimal
        paths = [self._taken[ours] for ours in NUMBERS if ours in self._taken]
        paths += [self._columns.path_of(rate.column) for rate in self._choices.rates if rate.column]
        if not paths and not self._choices.credits:
            paths = self._amounts()
        numbers = [value for path in dict.fromkeys(paths) for value in self._table.filled(path)]
        found = decimal_mark(numbers)
        if found:
            return found
        if self._table.separator == "," and not any("," in number for number in numbers):
            return "."
        example = next(number for number in numbers if "," in number or "." in number)
        text = f"numbers such as {example} can be read in two ways: the character before the decimals"
        self._questions.append(Question("--decimal", text, "--decimal ,"))
        return "."

    def _numbers(self, path: str) -> NumberShape | None:
        return number_shape(self._table.filled(path), decimal=self._decimal)

    def _amounts(self) -> list[str]:
        """Columns that could hold what a generation cost."""
        taken = {
            path
            for ours, path in self._taken.items()
            if ours not in ("provider_cost", "total_tokens", "credits")
        }
        found = []
        for path in self._table.columns:
            values = self._table.filled(path)
            shape = number_shape(values) if values and path not in taken and not self._times[path] else None
            if shape and shape.is_positive and not (are_unique(self._table.columns[path]) and shape.is_whole):
                found.append(path)
        return found

    # -- the values of our columns ---------------------------------------------------------------------------

    def _add(self, ours: str, value: Any, *theirs: str, note: str = "") -> None:
        self._pairs[ours] = Pair(ours, value, theirs, note)

    def _plain(self, ours: str) -> None:
        if ours in self._taken:
            self._add(ours, self._taken[ours], self._taken[ours])

    def _constant(self, ours: str, said: str | None, default: str) -> None:
        path = self._taken.get(ours)
        if said is not None and ours not in self._choices.columns:
            self._add(ours, {"const": said}, note="as given")
        elif path is None:
            self._add(ours, {"const": default}, note="no column found")
        elif None in self._table.columns[path]:
            self._add(
                ours,
                {"first": [path, {"const": said or default}]},
                path,
                note=f"{said or default} where empty",
            )
        else:
            self._add(ours, path, path)

    def _event_id(self) -> None:
        path = self._taken.get("event_id")
        if path is None and are_unique(self._table.columns.get(self._taken.get("request_id", ""), [])):
            path = self._taken.pop("request_id")
        if path is None:
            path = next((p for p in self._table.columns if self._is_opaque_id(p)), None)
        if path is None:
            note = "no column of ids found: the content of the record and its number among equal ones"
            self._add("event_id", CONTENT_AND_OCCURRENCE, note=note)
        elif "event_id" not in self._choices.columns and (note := self._why_not_id(path) or ""):
            self._add("event_id", CONTENT_AND_OCCURRENCE, note=note)
        elif None in self._table.columns[path]:
            value = {"path": path, "else": CONTENT_AND_OCCURRENCE}
            self._add("event_id", value, path, note="content where empty")
        else:
            self._add("event_id", path, path)

    def _is_opaque_id(self, path: str) -> bool:
        values = self._table.columns[path]
        is_free = path not in self._taken.values()
        return (
            is_free
            and are_unique(values)
            and all(len(v or "") >= 20 and " " not in (v or "") for v in values)
        )

    def _why_not_id(self, path: str) -> str | None:
        """Why a column named like an id is none: one value stands on different records."""
        records: dict[str, set[tuple[str | None, ...]]] = {}
        for row in zip(self._table.columns[path], *self._table.columns.values(), strict=True):
            if row[0] is not None:
                records.setdefault(row[0], set()).add(row[1:])
        repeated = sum(len(contents) > 1 for contents in records.values())
        if not repeated or "recorded_at" in self._taken:
            return None
        return (
            f"{self._shown(path)} is no id: {repeated} of its values stand on different records; by content"
        )

    def _occurred_at(self) -> None:
        path = self._taken.get("occurred_at")
        if path is None:
            what = (
                f"no column of times was found in {self._listed(self._table.columns)}: the one that says when"
            )
            self._questions.append(
                Question("--column occurred_at=COLUMN", what, "--column occurred_at=Datum")
            )
            return
        clock = self._taken.get("time_of_day")
        shape = self._times[path]
        if shape is None:
            text = f"{self._shown(path)} has no times of a known form: the column that has"
            self._questions.append(
                Question("--column occurred_at=COLUMN", text, "--column occurred_at=Datum")
            )
        elif shape.is_day and clock and clock != path:
            value = {"concat": [path, clock], "separator": " "}
            format = (
                f"{self._ordered(path, shape) or '%Y-%m-%d'} {time_of_day_format(self._table.filled(clock))}"
            )
            self._add("occurred_at", value | {"format": format} | self._zone(path), path, clock)
        else:
            self._add("occurred_at", self._time(path, shape), path)

    def _time(self, path: str, shape: TimeShape) -> Any:
        if shape.epoch:
            return {"path": path, "epoch": shape.epoch}
        value: dict[str, Any] = {"path": path}
        if format := self._ordered(path, shape):
            value["format"] = format
        if shape.is_day:
            value["day"] = True
        if not shape.has_zone:
            value |= self._zone(path)
        return value if len(value) > 1 else path

    def _ordered(self, path: str, shape: TimeShape) -> str | None:
        """The format; the user decides the order of day and month where it does not show."""
        if shape.format is None or shape.other_format is None:
            return shape.format
        if self._choices.day_first is None:
            example = self._table.filled(path)[0]
            text = (
                f"times such as {example} in {self._shown(path)} can be read in two ways: which comes first"
            )
            if not any(question.flag == "--dates" for question in self._questions):
                self._questions.append(Question("--dates", text, "--dates day-first"))
        formats = sorted((shape.format, shape.other_format), key=lambda name: name.index("%d"))
        return formats[0] if self._choices.day_first is not False else formats[1]

    def _zone(self, path: str) -> dict[str, str]:
        if self._choices.zone:
            return {"zone": self._choices.zone}
        example = self._table.filled(path)[0]
        if not any(question.flag == "--zone" for question in self._questions):
            text = f"times such as {example} in {self._shown(path)} name no time zone: the zone they are in"
            self._questions.append(Question("--zone", text, "--zone Europe/Berlin"))
        return {}

    def _recorded_at(self) -> None:
        path = self._taken.get("recorded_at")
        shape = self._times[path] if path else None
        if path and shape and not shape.is_day and (self._choices.zone or shape.has_zone):
            self._add(
                "recorded_at", self._time(path, shape), path, note="of two rows of one id the newest counts"
            )

    def _member_id(self) -> None:
        path = self._taken.get("member_id")
        if path is None:
            return
        if self._choices.pseudonym and are_emails(self._table.filled(path)):
            value = {"path": path, "pseudonym": self._choices.pseudonym}
            self._add(
                "member_id",
                value,
                path,
                note="e-mail addresses, shown as pseudonyms; --allow-email-ids keeps them",
            )
        else:
            self._add("member_id", path, path)

    def _status(self) -> None:
        path = self._taken.get("status")
        if path is None:
            return
        words = sorted(set(self._table.filled(path)))
        known = {word: status for word in words if (status := status_of(word))}
        unknown = [word for word in words if word not in known]
        if unknown and "status" not in self._choices.columns and len(known) < len(unknown):
            return
        mapped = {word: status for word, status in known.items() if word != status}
        note = f"not known and refused: {', '.join(unknown)}; add them to map" if unknown else ""
        self._add("status", {"path": path, "map": mapped} if mapped else path, path, note=note)

    def _provider_cost(self) -> None:
        path = self._taken.get("provider_cost")
        if path is None or "provider_cost" not in _OURS:
            return
        currency = self._taken.get("provider_currency")
        named = next(
            (code for word, code in _CURRENCIES.items() if word in normalised(self._shown(path)).split("_")),
            None,
        )
        units = [_CURRENCIES[rate.unit] for rate in self._choices.rates if rate.unit in _CURRENCIES]
        if currency or named or units:
            self._add("provider_cost", path, path)
            self._add(
                "provider_currency", currency or {"const": named or units[0]}, *filter(None, [currency])
            )

    # -- credits ---------------------------------------------------------------------------------------------

    def _credits(self) -> None:
        if self._choices.rates:
            self._rated()
            return
        path = self._taken.get("credits")
        if path is None:
            columns = self._listed(self._amounts())
            text = "what a credit is does not show: name the column that holds credits" + (
                f" (numbers are in {columns})" if columns else ""
            )
            text += ", or say what a unit costs with --rate AMOUNT/UNIT[:COLUMN]"
            self._questions.append(Question("--credits", text, "--credits COLUMN, or --rate 100/usd:Cost"))
            return
        shape = self._numbers(path)
        value = {"path": path, "places": 6} if shape and shape.places > 6 else path
        self._add("credits", value, path, note="rounded to 6 places" if value != path else "")

    def _rated(self) -> None:
        """Credits from a rate card: the amount is in the column named, or in that of the unit."""
        rates, card = self._choices.rates, self._choices.card
        if len(rates) > 1 or (rates[0].unit == "token" and self._has_both_tokens() and not rates[0].column):
            tokens = {rate.unit: rate.column for rate in rates if rate.column}
            value: dict[str, Any] = {"card": card, "unit": "tokens"}
            if tokens:
                value["tokens"] = {
                    unit: self._columns.path_of(column) for unit, column in tokens.items() if column
                }
            self._add("credits", {"rate": value, "places": 6}, note="by rate card")
            return
        rate = rates[0]
        if rate.unit == "generation" and not rate.column:
            self._add(
                "credits", {"rate": {"card": card, "unit": "generation"}, "places": 6}, note="by rate card"
            )
            return None
        path = self._columns.path_of(rate.column) if rate.column else self._unit_column(rate.unit)
        if path is None:
            columns = self._listed(self._amounts()) or "none"
            text = f"the column of the amount in {rate.unit} does not show; numbers are in {columns}"
            example = f"--rate {rate.credits_per_unit}/{rate.unit}:COLUMN"
            self._questions.append(Question("--rate", text, example))
            return
        value = {"rate": {"of": path, "card": card, "unit": rate.unit}, "places": 6}
        self._add("credits", value, path, note="by rate card")

    def _has_both_tokens(self) -> bool:
        return {"input_tokens", "output_tokens"} <= set(self._taken)

    def _unit_column(self, unit: str) -> str | None:
        ours = {"input_token": "input_tokens", "output_token": "output_tokens", "token": "total_tokens"}.get(
            unit
        )
        if ours is None and unit in _CURRENCIES:
            ours = "provider_cost"
        named = [
            path for path in self._amounts() if normalised(self._shown(path)).rstrip("s") == unit.rstrip("s")
        ]
        return self._taken.get(ours or "") or (named[0] if len(named) == 1 else None)

    # -- reading ---------------------------------------------------------------------------------------------

    def _reads(self) -> dict[str, Any]:
        reads: dict[str, Any] = {}
        if self._table.separator not in (None, ","):
            reads["separator"] = self._table.separator
        if self._decimal != ".":
            reads["decimal"] = self._decimal
        if self._table.is_text and (mark := self._group_mark()):
            reads["thousands"] = mark
        if self._table.null_texts:
            reads["null"] = list(self._table.null_texts)
        return reads

    def _group_mark(self) -> str | None:
        """The character between groups of digits; with a decimal comma a point can be nothing else."""
        paths = [self._taken[ours] for ours in (*NUMBERS, *WHOLE_NUMBERS) if ours in self._taken]
        marks = [shape.thousands for path in paths if (shape := self._numbers(path)) and shape.thousands]
        return marks[0] if marks else "." if self._decimal == "," else None

    def _listed(self, paths: Sequence[str] | Mapping[str, Any]) -> str:
        shown = [self._shown(path) for path in paths]
        return ", ".join(shown[:12]) + (", …" if len(shown) > 12 else "")
