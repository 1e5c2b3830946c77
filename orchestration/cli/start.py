"""The console script: Ctrl-C while the commands are imported is one sentence too."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `credits`."""
    try:
        from orchestration.cli.main import main as commands  # half a second of imports

        commands()
    except KeyboardInterrupt:
        sys.stderr.write("credits: Interrupted.\n")
        sys.exit(130)
