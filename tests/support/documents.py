"""What the documents show: blocks of a language, and commands with their output.

Whether it is true is asserted in the tests.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
# within a line anything, and a line of its own any number of lines
ANYTHING, LINES = "…", "⋮"


@dataclass(frozen=True)
class Example:
    """A command and what the document says it prints."""

    words: list[str]
    shown: list[str]

    def differs(self, said: str) -> str | None:
        """The first line shown that is not what was said, if any; None if all are."""
        pattern = ""
        for line in self.shown:
            if line == LINES:
                pattern += r"(?:[^\n]*\n)*?"
            else:
                pattern += r"[^\n]*?".join(map(re.escape, line.split(ANYTHING))) + r"[ ]*\n"
            if not re.match(pattern, said):
                return line
        return None if re.fullmatch(pattern, said) else "(less is shown than was said)"


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)


def examples(document: Path) -> Iterator[Example]:
    """Every `$ command` of the console blocks, with the lines up to the next."""
    for block in blocks(document, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield Example(shlex.split(command), shown.splitlines())
