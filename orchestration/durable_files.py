"""What is written brought down to the disk, so that it outlives a power failure.

What is written, and where, does not belong here.
"""

from __future__ import annotations

import os
from hashlib import file_digest
from pathlib import Path


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, down to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hash_of(file: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
