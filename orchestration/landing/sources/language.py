"""The mapping language: a closed set of verbs, and what each may hold; no expressions.

Reading a file, and the rules that need the contract, are in `mapping`; what the verbs do is in `feed_query`.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from orchestration.landing.sources.paths import read_path

CONTENT_AND_OCCURRENCE = "content_and_occurrence"
FRACTIONS = ("credits", "money", "score")
NUMBERS = (*FRACTIONS, "count", "integer")
_DIRECTIVES = frozenset([*"aAbBcdmyYHIMSfgnzZpj%", "-d", "-m", "-H", "-I", "-M", "-S"])
FEED_VERBS = ("files", "where", "explode", "attributes", "keep")
# the columns by which a rate is looked up
INSTANTS = ("occurred_at", "day", "effective_at")


def meant(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, as a part of a message."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


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


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # lists hundreds of files


def _zone(name: str) -> str:
    if name not in _zones():
        raise _fault(f"{name!r} is not a time zone{meant(name, _zones())}; write one such as UTC")
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
    first: Annotated[list["Value"], Field(min_length=1)] | None = None
    tag: str | None = None
    concat: Annotated[list["Value"], Field(min_length=1)] | None = None
    rate: Rate | None = None
    id: Literal["content_and_occurrence"] | None = None
    folder: Annotated[int, Field(ge=1, le=9)] | None = None

    in_: PathText | None = Field(default=None, alias="in")
    separator: str = "-"
    null_if: Texts = []
    before: Annotated[str, Field(min_length=1)] | None = None
    map: dict[str, str | None] | None = None
    pseudonym: Annotated[str, Field(min_length=8)] | None = None
    zone: Zone | None = None
    epoch: Literal["s", "ms", "us", "ns"] | None = None
    format: Annotated[str, AfterValidator(_format)] | None = None
    day: bool = False
    decimal: Separator | None = None
    thousands: Separator | None = None
    minor_units: Annotated[int, Field(ge=-18, le=18)] | None = None
    negate: bool = False
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
        allowed = _ALLOWED.get(found[0])
        extra = [] if allowed is None else sorted(self.model_fields_set - {found[0], *allowed})
        if extra:
            raise _fault(f"{extra[0].rstrip('_')} does nothing together with {found[0]}; leave it out")
        if "separator" in self.model_fields_set and self.concat is None:
            raise _fault("separator is for concat; leave it out")
        return self

    @property
    def paths(self) -> list[str]:
        """The paths of this value and of those inside it."""
        own = [path for path in (self.path, self.in_) if path is not None]
        return own + [path for part in self.parts for path in part.paths]

    @property
    def parts(self) -> list["Value"]:
        """The values directly inside this one."""
        amounts = [self.rate.of, self.rate.or_, *(self.rate.tokens or {}).values()] if self.rate else []
        found = [*(self.first or []), *(self.concat or []), *amounts, self.else_]
        return [part for part in found if part is not None]


# what may stand with these; with the others, all
_ALLOWED = {"id": (), "rate": ("places", "minor_units", "negate", "else_"), "const": ()}
SOURCES = ("path", "const", "first", "tag", "concat", "rate", "id", "folder")


class FeedMapping(_Strict):
    """How a record becomes rows of one feed.

    Attributes:
        files: patterns of the files whose records count here, where not all do.
        where: conditions by path.
        explode: arrays to explode further, for this feed alone.
        attributes: as in the mapping, for this feed.
        also: further rows of this feed from the same records.
        keep: paths kept in the row's attributes, by name; by default under the path without `^` and `@`.
        columns: the value of each contract column.
    """

    files: Texts | None = None
    where: dict[PathText, Condition] = {}
    explode: Paths = []
    attributes: Paths | None = None
    keep: Annotated[dict[str, PathText], BeforeValidator(_named)] = {}
    columns: dict[str, Value]
    also: list["FeedMapping"] = []

    @property
    def variants(self) -> list["FeedMapping"]:
        """This one and the further ones of the feed."""
        return [self, *self.also]


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


class Refusal(_Strict):
    """Records that are refused with a reason of their own, such as a report that is no log."""

    where: Annotated[dict[PathText, Condition], Field(min_length=1)]
    reason: str
    remedy: str


class Mapping(_Strict):
    """A whole mapping. Paths of `parse`, `where` and all values start at the exploded record."""

    name: str
    reads: Reads = Reads()
    parse: Paths = []
    explode: Paths = []
    attributes: Paths = []
    refuse: list[Refusal] = []
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
        variants = [variant for feed in self.all_feeds.values() for variant in feed.variants]
        pending = [value for variant in variants for value in variant.columns.values()]
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
