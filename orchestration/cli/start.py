"""The console script: Ctrl-C while the commands are imported is one sentence too."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run `credits`."""
    # what imports and dbt's manifest allocate stays: looking for garbage in it costs a tenth of a small run
    gc.set_threshold(500_000, 50, 50)
    try:
        from orchestration.cli.main import main as commands  # half a second of imports

        commands()
    except KeyboardInterrupt:
        sys.stderr.write("credits: Interrupted.\n")
        sys.exit(130)
    finally:
        gc.freeze()  # memory goes with the process; taking it apart object by object costs another tenth
