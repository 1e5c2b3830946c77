"""Runs a command on a pseudo-terminal, as a person does, or without one.

What it must print is asserted in the tests.
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
# variables that would describe another terminal
_TERMINAL_VARIABLES = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM", "TTY_COMPATIBLE")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-9]|4[0-9]|9[0-7])(?:;[0-9;]*)?m")
FRAME = re.compile("[\u2500-\u257f]")


@dataclass(frozen=True)
class TerminalOutput:
    """What the terminal received, and the exit code of the command."""

    raw: str
    status: int

    @property
    def lines(self) -> list[str]:
        """The text, without escape sequences."""
        return ESCAPE.sub("", self.raw).splitlines()


def environment(**changes: str) -> dict[str, str]:
    """The environment of a `credits` command, without variables of terminals, and with `changes`."""
    inherited = {name: value for name, value in os.environ.items() if name not in _TERMINAL_VARIABLES}
    return {**inherited, "PYTHONPATH": str(REPO), "TERM": "xterm-256color", **changes}


def on_terminal(*arguments: object, width: int = 80, **changes: str) -> TerminalOutput:
    """Run `credits …` with standard output and error on a terminal of that width."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    command = [sys.executable, "-m", "orchestration.cli.main", *map(str, arguments)]
    process = subprocess.Popen(
        command, stdin=child, stdout=child, stderr=child, env=environment(**changes), cwd=REPO
    )
    os.close(child)
    received = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # the child has closed its end
            break
        if not part:
            break
        received += part
    os.close(parent)
    return TerminalOutput(received.decode("utf-8", "replace").replace("\r\n", "\n"), process.wait(timeout=60))
