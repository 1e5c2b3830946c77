"""The paths of the mapping language: where in a record a value is, and which files hold the records.

metadata.usage.total    keys, separated by points
"gen_ai.usage"."a b"    keys that hold points, in double quotes (\\" is a quote)
messages[0].role        an element of an array, counted from 0
^trace.userId           one `^` for each exploded array to leave
@gen_ai.usage.tokens    the attribute of that whole name
.                       the exploded element itself
"""

import re
from dataclasses import dataclass

_SEGMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."\[\]][^.\[\]]*)', re.DOTALL)
_INDEX = re.compile(r"\[([0-9]{1,9})\]")


@dataclass(frozen=True)
class Path:
    """A place in a record.

    Attributes:
        up: how many exploded arrays to leave first.
        keys: the keys and indexes to follow, as texts.
        attribute: the name of the attribute to look up in the end, if it is one.
    """

    up: int
    keys: tuple[str, ...]
    attribute: str | None = None

    @property
    def pointer(self) -> str:
        """The keys as an RFC 6901 pointer, in which no key can be mistaken for syntax."""
        return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in self.keys)


def read_path(text: str) -> Path:
    """Read a path.

    Raises:
        ValueError: what is wrong with it.
    """
    rest = text.lstrip("^")
    up = len(text) - len(rest)
    if rest == ".":
        return Path(up, ())
    if rest.startswith("@"):
        if len(rest) == 1:
            raise ValueError("names no attribute after @; write @name")
        return Path(up, (), rest[1:])
    return Path(up, _keys(text, rest))


def _keys(text: str, rest: str) -> tuple[str, ...]:
    keys: list[str] = []
    at = 0
    while match := _SEGMENT.match(rest, at):
        quoted, bare = match.groups()
        keys.append(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if bare is None else bare)
        at = match.end()
        while index := _INDEX.match(rest, at):
            keys.append(index.group(1))
            at = index.end()
        if at == len(rest):
            return tuple(keys)
        if rest[at] != ".":
            break
        at += 1
    problem = f"the path {text!r} cannot be read at character {len(text) - len(rest) + at + 1}"
    raise ValueError(f'{problem}; write keys separated by points, and a key with special characters as "key"')


def file_pattern(pattern: str) -> str:
    """A file pattern as a regular expression for whole paths below the folder, in RE2 and Python alike.

    `*` and `?` stay within a folder's name, `**` does not.
    """
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "(?s:" + "".join(wild.get(part) or re.escape(part) for part in parts) + ")"
