"""Reads mapping files: how a record of another system becomes rows of the contract's feeds.

The verbs are in `language`; here they meet the contract, and an error finds its line.
"""

import re
from collections.abc import Mapping as ReadMapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from orchestration.landing.contract import FEEDS, Column
from orchestration.landing.sources.language import (
    FEED_VERBS,
    INSTANTS,
    NUMBERS,
    Condition,
    FeedMapping,
    Join,
    Mapping,
    Rate,
    Reads,
    Refusal,
    Value,
    meant,
)
from orchestration.landing.sources.paths import read_path
from orchestration.landing.sources.yaml_lines import Place, YamlFault, read_yaml

_MAX_BYTES = 256 * 1024
_SHIPPED = Path(__file__).parent / "shipped"


class MappingError(ValueError):
    """A mapping that cannot be used: one line with file, line, verb, problem and remedy."""


def shipped() -> dict[str, Path]:
    """The files of the mappings that come with the project, by name."""
    return {file.stem: file for file in sorted(_SHIPPED.glob("*.yml"))}


def read_mapping(file: Path, *, name: str) -> Mapping:
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
        place = _as_written(value, place)
        raise MappingError(_message(shown_as, document.line_of(place), place, problem)) from error
    except _Unusable as error:
        error.place = _as_written(value, error.place)
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
        verbs = {name: feed[name] for name in FEED_VERBS if name in feed}
        return verbs | {"columns": {name: item for name, item in feed.items() if name not in verbs}}

    found = dict(value)

    def merged(feed: object) -> object:
        if not isinstance(feed, list) or not feed or not isinstance(feed[0], dict):
            return split(feed)
        first, *others = map(split, feed)
        return {**first, "also": others}  # type: ignore[dict-item]

    if isinstance(value.get("feeds"), dict):
        found["feeds"] = {name: merged(feed) for name, feed in value["feeds"].items()}
    if "totals" in value:
        found["totals"] = merged(value["totals"])
    return found


def _as_written(value: dict[str, Any], place: Place) -> Place:
    """The place in the document, where several rows of one feed are a list."""
    verb, rest = (place[:2], place[2:]) if place[:1] == ("feeds",) else (place[:1], place[1:])
    found: Any = value
    for part in verb:
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, list):
        return place
    if rest[:1] == ("also",) and len(rest) > 1:
        return (*verb, int(rest[1]) + 1, *rest[2:])
    return (*verb, 0, *rest)


def _check(mapping: Mapping) -> None:
    """The rules between values."""
    if not mapping.all_feeds:
        raise _Unusable((), f"no feed is mapped; add feeds: with one of {', '.join(FEEDS)}")
    for name, feed in mapping.all_feeds.items():
        place = ("feeds", name) if name in mapping.feeds else ("totals",)
        if name not in FEEDS:
            raise _Unusable(
                place, f"{name!r} is not a feed{meant(name, FEEDS)}; feeds are {', '.join(FEEDS)}"
            )
        for number, variant in enumerate(feed.variants):
            _check_feed(mapping, name, variant, (*place, "also", number - 1) if number else place)


def _check_feed(mapping: Mapping, name: str, feed: FeedMapping, place: Place) -> None:
    """The rules of the rows of one feed."""
    _check_paths(mapping, feed, place)
    contract = {column.name: column for column in FEEDS[name].columns}
    for column, value in feed.columns.items():
        if column not in contract:
            close = meant(column, [*contract, *FEED_VERBS])
            problem = f"{column!r} is neither a column of {name} nor a verb{close}"
            raise _Unusable(
                (*place, column), f"{problem}; to keep it as an attribute, list its path under keep"
            )
        _check_value(value, contract[column], feed, (*place, column), is_top=True)
        _check_separators(value, mapping.reads, (*place, column))
    missing = [column for column in FEEDS[name].required if column not in feed.columns]
    if missing:
        raise _Unusable(place, f"{name} needs {', '.join(missing)}; say where each is found")


def _check_paths(mapping: Mapping, feed: FeedMapping, place: Place) -> None:
    """No path leaves more arrays than were exploded, or asks for attributes that are nowhere."""
    depth = len(mapping.explode)
    below = depth + len(feed.explode)
    lists = mapping.attributes if feed.attributes is None else feed.attributes
    asked: list[tuple[Place, str, int]] = [
        *((("parse", index), path, depth) for index, path in enumerate(mapping.parse)),
        *((("where", path), path, depth) for path in mapping.where),
        *((("refuse",), path, depth) for refusal in mapping.refuse for path in refusal.where),
        *((("explode", index), path, index) for index, path in enumerate(mapping.explode)),
        *(((*place, "explode", index), path, depth + index) for index, path in enumerate(feed.explode)),
        *(((*place, "where", path), path, below) for path in feed.where),
        *(((*place, "keep", name), path, below) for name, path in feed.keep.items()),
        *(((*place, name), path, below) for name, value in feed.columns.items() for path in value.paths),
    ]
    for where, text, most in asked:
        path = read_path(text)
        if path.up > most:
            raise _Unusable(where, f"{text!r} leaves {path.up} exploded arrays, and there are {most}")
        if path.attribute is not None and not lists:
            raise _Unusable(
                where, f"{text!r} is an attribute; say under attributes: where the attributes are"
            )


def _check_separators(value: Value, reads: Reads, place: Place) -> None:
    if (value.decimal or reads.decimal) == (value.thousands or reads.thousands):
        raise _Unusable(place, "decimal and thousands are the same character; correct one")


def _check_value(value: Value, column: Column, feed: FeedMapping, place: Place, *, is_top: bool) -> None:
    if not is_top:
        for verb in ("rate", "places", "minor_units", "negate"):
            if getattr(value, verb) not in (None, False):
                raise _Unusable(
                    place, f"{verb} is written inside another value; write it directly under the column"
                )
    if value.pseudonym and column.kind != "text":
        raise _Unusable((*place, "pseudonym"), f"pseudonym is for ids, and {column.name} is {column.kind}")
    is_number = column.kind in NUMBERS
    for verb in ("rate", "places", "minor_units", "negate", "decimal", "thousands"):
        if getattr(value, verb) not in (None, False) and not is_number:
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
    counts_columns = value.rate and value.rate.unit == "tokens" and not value.rate.tokens
    if counts_columns and not {"input_tokens", "output_tokens"} <= feed.columns.keys():
        columns = "unit tokens needs the columns input_tokens and output_tokens"
        raise _Unusable((*place, "rate"), f"{columns}, or tokens: with a path for each unit")
    for part in value.parts:
        # a rate may stand where there is no amount of its own
        is_rate = is_top and part is value.else_ and value.rate is None and part.rate is not None
        _check_value(part, column, feed, place, is_top=is_rate)


def _first_fault(error: ValidationError) -> tuple[Place, str]:
    """Where the first fault is in the YAML document, and what it is."""
    fault = error.errors()[0]
    place = tuple(part for part in fault["loc"] if part not in ("columns", "[key]"))
    kind, found = fault["type"], fault.get("input")
    if kind == "extra_forbidden":
        word = str(place[-1])
        known = _known(place[:-1])
        return place, f"{word!r} is not a verb here{meant(word, known)}; verbs here are {', '.join(known)}"
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
        by_parent: ReadMapping[object, type[BaseModel]] = {
            "where": Condition,
            "join": Join,
            "refuse": Refusal,
        }
        model = by_word.get(last) or by_parent.get(before) or Value
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [name for name in names if (model, name) != (Mapping, "name")]


def _message(shown_as: str, line: int, place: Place, problem: str) -> str:
    shown = ".".join(str(part) for part in place)
    return " ".join(f"{shown_as}:{line}: {f'{shown}: ' if shown else ''}{problem}".split())
