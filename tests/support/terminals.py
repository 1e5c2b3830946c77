"""A command run on a terminal of its own, as a person has it, or without one.

What it must say is asserted in the tests.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
# what would say something else of the terminal
_SAID_OF_TERMINALS = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM", "TTY_COMPATIBLE")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-9]|4[0-9]|9[0-7])(?:;[0-9;]*)?m")
FRAME = re.compile("[\u2500-\u257f]")


@dataclass(frozen=True)
class Shown:
    """What a terminal got, and how the command ended."""

    raw: str
    status: int

    @property
    def lines(self) -> list[str]:
        """What a person reads, without what steers the terminal."""
        return ESCAPE.sub("", self.raw).splitlines()


def environment(**changes: str) -> dict[str, str]:
    """This process's environment for a `credits` command, with nothing said of terminals but `changes`."""
    kept = {name: value for name, value in os.environ.items() if name not in _SAID_OF_TERMINALS}
    return {**kept, "PYTHONPATH": str(REPO), "TERM": "xterm-256color", **changes}


def on_terminal(*arguments: object, width: int = 80, **changes: str) -> Shown:
    """Run `credits …` with standard output and error on a terminal so many cells wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    command = [sys.executable, "-m", "orchestration.cli.main", *map(str, arguments)]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(**changes), cwd=REPO
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    return Shown(said.decode("utf-8", "replace").replace("\r\n", "\n"), process.wait(timeout=60))
