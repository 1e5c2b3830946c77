"""Files that survive a power failure: replaced as a whole, flushed to the disk, identified by a hash.

What is written, and where, does not belong here.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

_TEMPORARY_FILES = ".credits-*.tmp"


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Replace a file as a whole: readers see the old content or the new, even after a power failure.

    Written to a temporary file in the same folder, flushed to the disk, and renamed. On an error the old file
    stays and the temporary one is removed; a killed process leaves it for `remove_temporary_files`.
    """
    target = path.resolve()
    # a name of its own: two processes may write the same file, and a leftover blocks nobody
    temporary = target.with_name(_TEMPORARY_FILES.replace("*", secrets.token_hex(8)))
    try:
        with temporary.open("xb") as file:
            yield file
        sync(temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(target.parent)


def remove_temporary_files(folder: Path) -> None:
    """Remove what killed processes left of `atomic_write`; call it only while nobody else writes there."""
    for leftover in folder.glob(_TEMPORARY_FILES):
        leftover.unlink()


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link_or_copy(file: Path, to: Path) -> None:
    """Give a file that nobody changes a second name; a copy where the file system has no hard links."""
    try:
        to.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, to)


def is_shared(file: Path, other: Path) -> bool:
    """Whether both are names of one file, which `link_or_copy` made."""
    return file.stat().st_nlink > 1 and other.exists() and file.samefile(other)


def hash_of(file: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
