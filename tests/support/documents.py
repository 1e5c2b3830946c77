"""Reads examples from the docs: blocks of a language, and commands with their output.

Not here: whether they are true, which the tests assert.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
# placeholders: any text within a line, and, on its own line, any number of lines
ANYTHING, LINES = "…", "⋮"


@dataclass(frozen=True)
class Example:
    """A command and its output in the document."""

    words: list[str]
    shown: list[str]

    def differs(self, output: str) -> str | None:
        """The first documented line that differs from the output; None if none does."""
        pattern = ""
        for line in self.shown:
            if line == LINES:
                pattern += r"(?:[^\n]*\n)*?"
            else:
                pattern += r"[^\n]*?".join(map(re.escape, line.split(ANYTHING))) + r"[ ]*\n"
            if not re.match(pattern, output):
                return line
        return None if re.fullmatch(pattern, output) else "(the output has more lines)"


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)


def examples(document: Path) -> Iterator[Example]:
    """Every `$ command` of the console blocks, with the lines up to the next."""
    for block in blocks(document, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield Example(shlex.split(command), shown.splitlines())
