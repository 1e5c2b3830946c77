"""Erases people from a record of another system: their id, name and e-mail become the token of the person.

Keys by which the mapping finds anything else are left alone, so that every number stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.landing.sources import mapping as language
from orchestration.landing.sources.paths import read_path
from orchestration.landing.typing.json_text import Number, json_text

PERSONAL_COLUMNS = ("member_id", "name", "email")
_SHORTEST_WORD = 3
_READ = json.JSONDecoder(parse_float=Number, parse_int=Number)


@dataclass(frozen=True)
class PersonKeys:
    """The keys of one source's records.

    Attributes:
        personal: those that name people.
        others: those the mapping reads for anything else.
    """

    personal: frozenset[str]
    others: frozenset[str]

    @classmethod
    def of(cls, mapping: language.Mapping) -> PersonKeys:
        """The keys that a mapping reads."""
        personal: set[str] = set()
        others = set(_last_keys([*mapping.where, *mapping.explode]))
        for join in mapping.join.values():
            others |= set(_last_keys([*join.on, *join.on.values(), *([join.newest] if join.newest else [])]))
        for feed, rules in mapping.all_feeds.items():
            others |= set(_last_keys([*rules.where, *rules.explode]))
            for column, value in rules.columns.items():
                is_personal = column in PERSONAL_COLUMNS and (column == "member_id" or feed == "members")
                (personal if is_personal else others).update(_last_keys(_paths(value)))
        return cls(frozenset(personal), frozenset(others - personal))

    def erase(self, record: str, tokens: Mapping[str, str]) -> str:
        """The record with each of the texts replaced by its token, as a value or as a word in one."""
        words = [
            re.escape(term) for term in sorted(tokens, key=len, reverse=True) if len(term) >= _SHORTEST_WORD
        ]
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)") if words else None
        return json_text(self._erased(_READ.decode(record), "", tokens, pattern))

    def _erased(self, value: Any, key: str, tokens: Mapping[str, str], words: re.Pattern[str] | None) -> Any:
        if isinstance(value, dict):
            return {name: self._erased(inner, name, tokens, words) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._erased(inner, key, tokens, words) for inner in value]
        if isinstance(value, Number):
            return tokens.get(str(value), value) if key in self.personal else value
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith(("{", "[")):
            try:
                return json_text(self._erased(_READ.decode(value), key, tokens, words))
            except ValueError:
                pass
        if key in self.others:
            return value
        if value in tokens:
            return tokens[value]
        return words.sub(lambda found: tokens[found.group()], value) if words else value


def _paths(value: language.Value) -> Iterator[str]:
    yield from (path for path in (value.path, value.in_) if path)
    for part in value.parts:
        yield from _paths(part)


def _last_keys(paths: list[str] | Iterator[str]) -> Iterator[str]:
    """The last key of each path, or the name of the attribute; an index has none."""
    for text in paths:
        path = read_path(text)
        keys = [key for key in path.keys if not key.isdigit()]
        if path.attribute or keys:
            yield path.attribute or keys[-1]
