"""Reads YAML into plain texts, lists and objects, and remembers the line of each value.

No anchors, tags or typed scalars: `no`, `1.10` and `2026-01-01` stay the texts that were written.
"""

import re
from dataclasses import dataclass

import yaml

Place = tuple[str | int, ...]
_MAX_DEPTH = 50
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")
_NULLS = ("", "~", "null")


@dataclass(frozen=True)
class YamlFault(ValueError):
    """YAML that cannot be read: the line (from 1) and the problem."""

    line: int
    problem: str


@dataclass(frozen=True)
class YamlDocument:
    """The value of a document and the line of each place in it."""

    value: object
    lines: dict[Place, int]

    def line_of(self, place: Place) -> int:
        """The line of a place, or of the nearest place that holds it."""
        for end in range(len(place), -1, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return 1


def read_yaml(text: str) -> YamlDocument:
    """Read one YAML document.

    Raises:
        YamlFault: it is not YAML, repeats a key, or uses an anchor or a tag.
    """
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise YamlFault(_line(event), f"it nests deeper than {_MAX_DEPTH} levels")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise YamlFault(_line(event), "anchors and aliases are not supported; write the value out")
            if tag := getattr(event, "tag", None):
                raise YamlFault(_line(event), f"the tag {tag} is not supported; leave it out")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "a character is not allowed in YAML"
        raise YamlFault(mark.line + 1 if mark else 1, f"it is not YAML: {problem}") from error
    lines: dict[Place, int] = {}
    return YamlDocument(_value(node, (), lines) if node else None, lines)


def _value(node: yaml.Node, place: Place, lines: dict[Place, int]) -> object:
    lines[place] = _line(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*place, index), lines) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise YamlFault(_line(key), "a key must be a plain text")
            _check_characters(key)
            if key.value in found:
                raise YamlFault(_line(key), f"the key {key.value!r} is written twice; keep one")
            found[key.value] = _value(item, (*place, key.value), lines)
            # an error is at the key, also where its value begins on the next line
            lines[(*place, key.value)] = _line(key)
        return found
    assert isinstance(node, yaml.ScalarNode)
    _check_characters(node)
    return None if node.style is None and node.value.lower() in _NULLS else node.value


def _check_characters(node: yaml.ScalarNode) -> None:
    """Escapes can write what no text can hold."""
    if _NO_CHARACTER.search(node.value):
        raise YamlFault(_line(node), "a text holds NUL or half of a surrogate pair; write whole characters")


def _line(marked: yaml.Node | yaml.Event) -> int:
    mark = marked.start_mark
    return int(mark.line) + 1 if mark else 1
