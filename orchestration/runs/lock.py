"""One run at a time: the lock of a data directory, and who holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

LOCK_NAME = "run.lock"


def holder_of(data_dir: Path) -> str | None:
    """The holder of the lock, as it described itself; None if the lock is free. Writes nothing."""
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


class DataDirectoryLocked(RuntimeError):
    """Another run holds the lock of this data directory."""


_held: set[Path] = set()


@contextmanager
def lock(data_dir: Path) -> Iterator[None]:
    """Hold the lock of the data directory; the system releases it when the process ends, however it ends.

    Reentrant within a process.

    Raises:
        DataDirectoryLocked: another run holds it; the message names it.
    """
    if data_dir in _held:
        yield
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / LOCK_NAME).open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            held.seek(0)
            raise DataDirectoryLocked(
                f"One run at a time: {data_dir} is locked by {held.read().strip() or 'another run'}; "
                "wait for it to end, then run again"
            ) from error
        held.truncate(0)
        held.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        held.flush()
        _held.add(data_dir)
        try:
            yield
        finally:
            _held.discard(data_dir)


def is_held(data_dir: Path) -> bool:
    """Whether another process holds the lock now."""
    return data_dir not in _held and holder_of(data_dir) is not None
