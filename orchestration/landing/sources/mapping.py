"""The mapping language: how a record of another system becomes rows of the contract's feeds.

A closed set of verbs, checked here down to the line; no expressions. What the verbs do is in `engine`.
"""

import hashlib
import json
import re
from collections.abc import Mapping as ReadMapping
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from orchestration.landing.contract import FEEDS, Column
from orchestration.landing.sources.paths import read_path
from orchestration.landing.sources.yaml_lines import Place, YamlFault, read_yaml

CONTENT_AND_OCCURRENCE = "content_and_occurrence"
NUMBERS = ("credits", "money", "score", "count", "integer")
_MAX_BYTES = 256 * 1024
_SHIPPED = FilePath(__file__).parent / "shipped"
_DIRECTIVES = frozenset("a A b B c d -d m -m y Y H -H I -I M -M S -S f g n z Z p j %".split())
_FEED_VERBS = ("files", "where", "explode", "attributes", "keep")
# the columns by which a rate is looked up
INSTANTS = ("occurred_at", "day", "effective_at")


class MappingError(ValueError):
    """A mapping that cannot be used: one line with the file, the line, the verb, the problem and the remedy."""


def _fault(problem: str) -> PydanticCustomError:
    return PydanticCustomError("mapping", "{problem}", {"problem": problem})


def _path_text(text: str) -> str:
    try:
        read_path(text)
    except ValueError as error:
        raise _fault(str(error)) from error
    return text


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _named(value: object) -> object:
    if not isinstance(value, list):
        return value
    return {str(path).lstrip("^").removeprefix("@"): path for path in value}


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise _fault(
            f"{name!r} is not a time zone{_meant(name, available_timezones())}; write one such as UTC"
        )
    return name


def _format(text: str) -> str:
    found = re.findall(r"%(-?[A-Za-z%]?)", text)
    wrong = next((directive for directive in found if directive not in _DIRECTIVES), None)
    if wrong is not None or not found:
        shown = f"%{wrong} is not a part of a time" if found else f"{text!r} names no part of a time"
        raise _fault(f"{shown}; write one such as %d.%m.%Y %H:%M")
    return text


def _separator(text: str) -> str:
    if text not in (".", ",", " ", "'", "’", "\u00a0", "\u202f"):
        raise _fault(f"{text!r} separates no digits; write one such as ','")
    return text


PathText = Annotated[str, AfterValidator(_path_text)]
Zone = Annotated[str, AfterValidator(_zone)]
Texts = Annotated[list[str], BeforeValidator(_listed)]
Paths = Annotated[list[PathText], BeforeValidator(_listed)]
Separator = Annotated[str, AfterValidator(_separator)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Reads(_Strict):
    """Which files of the folder are read, and how.

    Attributes:
        files: patterns below the folder; `*` within a name, `**` across folders.
        format: the format, where the file's name does not say it.
        records: the path of the array of records in a document, as in a page of an API.
        null: texts that mean a missing value everywhere.
        decimal: the character before the decimals of numbers in text.
        thousands: the character between groups of three digits.
        separator: the character between the cells of a CSV record.
    """

    files: Texts = Field(default=["**"])
    format: Literal["jsonl", "json", "csv", "parquet"] | None = None
    records: PathText | None = None
    null: list[str | None] = []
    decimal: Separator = "."
    thousands: Separator | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None


class Condition(_Strict):
    """What a value must be for a record to be mapped; all that is written must hold."""

    equals: str | None = None
    in_: Texts | None = Field(default=None, alias="in")
    not_in: Texts | None = None
    is_missing: bool | None = None
    exists: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if value is None:
            return {"is_missing": True}
        return value if isinstance(value, dict) else {"in" if isinstance(value, list) else "equals": value}

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if not self.model_fields_set:
            raise _fault("says nothing; write one of equals, in, not_in, is_missing, exists")
        return self


class Rate(_Strict):
    """An amount times the dated rate of a card.

    Attributes:
        card: the card's name in the feed `rate_cards`.
        of: the amount; for unit `tokens` not needed.
        or_: the amount where `of` is missing or 0.
        unit: the unit of the card's rows.
        tokens: the amount of each unit, by default `input_token` and `output_token` of the feed's columns.
    """

    card: str
    of: "Value | None" = None
    or_: "Value | None" = Field(default=None, alias="or")
    unit: str = "usd"
    tokens: dict[str, "Value"] | None = None

    @model_validator(mode="after")
    def _has_amount(self) -> Self:
        if self.unit == "tokens":
            if self.of or self.or_:
                raise _fault("unit tokens takes no of; write the amounts under tokens, by unit")
        elif self.tokens:
            raise _fault("tokens needs unit: tokens")
        elif self.of is None and self.unit != "generation":
            raise _fault("needs of, the path of the amount")
        return self


class Value(_Strict):
    """One value: where it comes from (one of the first group), then what is done to it, in this order."""

    path: PathText | None = None
    const: str | None = None
    first: list["Value"] | None = None
    tag: str | None = None
    concat: list["Value"] | None = None
    rate: Rate | None = None
    id: Literal["content_and_occurrence"] | None = None

    in_: PathText | None = Field(default=None, alias="in")
    separator: str = "-"
    null_if: Texts = []
    map: dict[str, str | None] | None = None
    pseudonym: Annotated[str, Field(min_length=8)] | None = None
    zone: Zone | None = None
    epoch: Literal["s", "ms", "us", "ns"] | None = None
    format: Annotated[str, AfterValidator(_format)] | None = None
    day: bool = False
    decimal: Separator | None = None
    thousands: Separator | None = None
    minor_units: Annotated[int, Field(ge=0, le=18)] | None = None
    places: Annotated[int, Field(ge=0, le=18)] | None = None
    else_: "Value | None" = Field(default=None, alias="else")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if value == CONTENT_AND_OCCURRENCE:
            return {"id": value}
        return {"path": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        found = [name for name in SOURCES if name in self.model_fields_set]
        if len(found) != 1:
            what = f"{' and '.join(found)} are written together" if found else "says not where the value is"
            raise _fault(f"{what}; write one of {', '.join(SOURCES)}")
        if (self.tag is None) != (self.in_ is None):
            raise _fault("tag and in go together; write {tag: 'product:', in: request_tags}")
        if self.epoch and (self.format or self.day):
            raise _fault("epoch goes with neither format nor day; the unit says all")
        return self

    @property
    def parts(self) -> list["Value"]:
        """The values directly inside this one."""
        amounts = [self.rate.of, self.rate.or_, *(self.rate.tokens or {}).values()] if self.rate else []
        found = [*(self.first or []), *(self.concat or []), *amounts, self.else_]
        return [part for part in found if part is not None]


SOURCES = ("path", "const", "first", "tag", "concat", "rate", "id")


class FeedMapping(_Strict):
    """How a record becomes rows of one feed.

    Attributes:
        files: patterns of the files whose records count here, where not all do.
        where: conditions by path.
        explode: arrays to explode further, for this feed alone.
        attributes: as in the mapping, for this feed.
        keep: paths kept in the row's attributes, by name; by default under the path without `^` and `@`.
        columns: the value of each contract column.
    """

    files: Texts | None = None
    where: dict[PathText, Condition] = {}
    explode: Paths = []
    attributes: Paths | None = None
    keep: Annotated[dict[str, PathText], BeforeValidator(_named)] = {}
    columns: dict[str, Value]


class Join(_Strict):
    """Records of other files of the folder, reached by the join's name as the first key of a path.

    Attributes:
        files: patterns of their files; these are no records of a feed that does not name them.
        on: the path of their key, and the path of the same key in this record.
        newest: of two records of one key, that with the greatest text here counts.
        parse: paths in them that hold JSON in text.
    """

    files: Texts
    on: Annotated[dict[PathText, PathText], Field(min_length=1, max_length=1)]
    newest: PathText | None = None
    parse: Paths = []


class Mapping(_Strict):
    """A whole mapping. Paths of `parse`, `where` and all values start at the exploded record."""

    name: str
    reads: Reads = Reads()
    parse: Paths = []
    explode: Paths = []
    attributes: Paths = []
    where: dict[PathText, Condition] = {}
    join: dict[str, Join] = {}
    feeds: dict[str, FeedMapping] = {}
    totals: FeedMapping | None = None

    @property
    def all_feeds(self) -> dict[str, FeedMapping]:
        """The feeds, and what `totals` says under `provider_totals`."""
        return self.feeds | ({"provider_totals": self.totals} if self.totals else {})

    @property
    def cards(self) -> frozenset[str]:
        """The names of the rate cards it needs."""
        pending = [value for feed in self.all_feeds.values() for value in feed.columns.values()]
        found: set[str] = set()
        while pending:
            value = pending.pop()
            pending += value.parts
            if value.rate:
                found.add(value.rate.card)
        return frozenset(found)

    @property
    def fingerprint(self) -> str:
        """The sha256 of its meaning: not of comments, blanks or the order of its keys."""
        meaning = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


def shipped() -> dict[str, FilePath]:
    """The files of the mappings that come with the project, by name."""
    return {file.stem: file for file in sorted(_SHIPPED.glob("*.yml"))}


def read_mapping(file: FilePath, *, name: str) -> Mapping:
    """Read the mapping of a source folder.

    Args:
        file: the YAML file.
        name: the folder's name, by default the `source` of its rows.

    Raises:
        MappingError: it cannot be used.
    """
    try:
        data = file.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = (
            "is not UTF-8; save it as UTF-8" if isinstance(error, ValueError) else f"cannot be read: {error}"
        )
        raise MappingError(f"{file}: the mapping {problem}") from error
    if len(data) > _MAX_BYTES:
        raise MappingError(f"{file}: the mapping has {len(data)} bytes; {_MAX_BYTES} are the most")
    return mapping_from(text, name=name, shown_as=str(file))


def mapping_from(text: str, *, name: str, shown_as: str) -> Mapping:
    """Read a mapping from its text; `shown_as` names it in an error.

    Raises:
        MappingError: it cannot be used.
    """
    try:
        document = read_yaml(text)
    except YamlFault as fault:
        raise MappingError(f"{shown_as}:{fault.line}: {fault.problem}") from fault
    value = document.value
    if not isinstance(value, dict):
        raise MappingError(f"{shown_as}:1: a mapping is verbs with values; begin with feeds:")
    try:
        mapping = Mapping.model_validate({**_with_columns(value), "name": name})
        _check(mapping)
    except ValidationError as error:
        place, problem = _first_fault(error)
        raise MappingError(_message(shown_as, document.line_of(place), place, problem)) from error
    except _Unusable as error:
        raise MappingError(
            _message(shown_as, document.line_of(error.place), error.place, str(error))
        ) from error
    return mapping


class _Unusable(ValueError):
    """A rule between values of a mapping that is broken, and where."""

    def __init__(self, place: Place, problem: str) -> None:
        super().__init__(problem)
        self.place = place


def _with_columns(value: dict[str, Any]) -> dict[str, Any]:
    """The mapping with each feed's verbs and columns apart."""

    def split(feed: object) -> object:
        if not isinstance(feed, dict):
            return feed
        verbs = {name: feed[name] for name in _FEED_VERBS if name in feed}
        return verbs | {"columns": {name: item for name, item in feed.items() if name not in verbs}}

    found = dict(value)
    if isinstance(value.get("feeds"), dict):
        found["feeds"] = {name: split(feed) for name, feed in value["feeds"].items()}
    if "totals" in value:
        found["totals"] = split(value["totals"])
    return found


def _check(mapping: Mapping) -> None:
    """The rules between values."""
    if not mapping.all_feeds:
        raise _Unusable((), f"no feed is mapped; add feeds: with one of {', '.join(FEEDS)}")
    for name, feed in mapping.all_feeds.items():
        place = ("feeds", name) if name in mapping.feeds else ("totals",)
        if name not in FEEDS:
            raise _Unusable(
                place, f"{name!r} is not a feed{_meant(name, FEEDS)}; feeds are {', '.join(FEEDS)}"
            )
        contract = {column.name: column for column in FEEDS[name].columns}
        for column, value in feed.columns.items():
            if column not in contract:
                problem = f"{column!r} is neither a column of {name} nor a verb{_meant(column, [*contract, *_FEED_VERBS])}"
                raise _Unusable(
                    (*place, column), f"{problem}; to keep it as an attribute, list its path under keep"
                )
            _check_value(value, contract[column], feed, (*place, column), is_top=True)
        missing = [column for column in FEEDS[name].required if column not in feed.columns]
        if missing:
            raise _Unusable(place, f"{name} needs {', '.join(missing)}; say where each is found")


def _check_value(value: Value, column: Column, feed: FeedMapping, place: Place, *, is_top: bool) -> None:
    if not is_top:
        for verb in ("rate", "places", "minor_units"):
            if getattr(value, verb) is not None:
                raise _Unusable(
                    place, f"{verb} is written inside another value; write it directly under the column"
                )
    if value.pseudonym and column.kind != "text":
        raise _Unusable((*place, "pseudonym"), f"pseudonym is for ids, and {column.name} is {column.kind}")
    is_number = column.kind in NUMBERS
    for verb in ("rate", "places", "minor_units", "decimal", "thousands"):
        if getattr(value, verb) is not None and not is_number:
            raise _Unusable((*place, verb), f"{verb} is for numbers, and {column.name} is {column.kind}")
    for verb in ("zone", "epoch", "format", "day"):
        if getattr(value, verb) and column.kind not in ("instant", "date"):
            raise _Unusable((*place, verb), f"{verb} is for times, and {column.name} is {column.kind}")
    if column.kind == "instant" and not value.zone:
        if value.day:
            raise _Unusable((*place, "day"), "day needs zone, the time zone of the day, such as zone: UTC")
        if value.format and not re.search("%[zZ]", value.format):
            raise _Unusable((*place, "format"), "format has no %z; declare the zone, such as zone: UTC")
    if value.rate and not set(INSTANTS) & feed.columns.keys():
        raise _Unusable(
            (*place, "rate"), f"rate needs one of {', '.join(INSTANTS)}, by which it is looked up"
        )
    for part in value.parts:
        _check_value(part, column, feed, place, is_top=False)


def _first_fault(error: ValidationError) -> tuple[Place, str]:
    """Where the first fault is in the YAML document, and what it is."""
    fault = error.errors()[0]
    place = tuple(part for part in fault["loc"] if part not in ("columns", "[key]"))
    kind, found = fault["type"], fault.get("input")
    if kind == "extra_forbidden":
        word = str(place[-1])
        known = _known(place[:-1])
        return place, f"{word!r} is not a verb here{_meant(word, known)}; verbs here are {', '.join(known)}"
    if kind == "missing":
        return place[:-1], f"{place[-1]} is missing; add it"
    if kind == "mapping":
        return place, str(fault["msg"])
    return place, f"{fault['msg'][0].lower()}{fault['msg'][1:]}; found {str(found)[:80]!r}"


def _known(place: Place) -> list[str]:
    """The verbs that may stand at a place."""
    model: type[BaseModel] = Mapping
    if place:
        last = place[-1]
        before = place[-2] if len(place) > 1 else None
        by_word: ReadMapping[object, type[BaseModel]] = {"reads": Reads, "rate": Rate}
        by_parent: ReadMapping[object, type[BaseModel]] = {"where": Condition, "join": Join}
        model = by_word.get(last) or by_parent.get(before) or Value
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [name for name in names if (model, name) != (Mapping, "name")]


def _meant(word: str, known: object) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)  # type: ignore[call-overload]
    return f" (did you mean {close[0]}?)" if close else ""


def _message(shown_as: str, line: int, place: Place, problem: str) -> str:
    shown = ".".join(str(part) for part in place)
    return " ".join(f"{shown_as}:{line}: {f'{shown}: ' if shown else ''}{problem}".split())
