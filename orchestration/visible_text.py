"""What commands print: letters that steer a terminal or turn text around are made visible; counts of things.

How names are shown for people, on one line and without such letters, is in publish/report/formatting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TextIO

# controls but tab and line ends, marks and overrides of direction, other line ends
_STEERING = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)"
)


def visible(text: str) -> str:
    r"""The text with each letter that a terminal would obey written out, such as \x1b or \u202e."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def counted(number: int, one: str, several: str = "") -> str:
    """A number of things, such as "1 file" and "1,200 files"; `several` if that is not `one` and an s."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


class VisibleStream:
    """A text stream that writes only visible text.

    Args:
        stream: the stream it writes to; what colours its own text may use it directly, as `unfiltered`.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unfiltered = stream

    def write(self, text: str) -> int:
        """Write a text; the count is of its own letters."""
        self.unfiltered.write(visible(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unfiltered, name)


class VisibleBytes:
    """The same for a stream of UTF-8, given whole letters."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, data: bytes) -> int:
        """Write bytes; the count is of those given."""
        self._stream.write(visible(data.decode()).encode())
        return len(data)
