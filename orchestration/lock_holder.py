"""Who holds a data directory, without taking hold of it.

Taking hold does not belong here: that is defs/resources.py.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

LOCK_NAME = "run.lock"


def holder_of(data_dir: Path) -> str | None:
    """Who holds the lock of the data directory, in its own words; None if nobody does. Writes nothing."""
    try:
        file = (data_dir / LOCK_NAME).open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read(200).decode(errors="replace").strip() or "another run"
    return None
