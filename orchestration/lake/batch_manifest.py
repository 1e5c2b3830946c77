"""The manifest of one batch: size, rows and hash of each of its files.

Files are checked against it in `integrity`; what is in them is in `batch_writer`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.durable_files import atomic_write, hash_of

MANIFEST = "manifest.json"
# a new version of a file, renamed over it once the manifest lists its hash
NEW_SUFFIX = ".new"


@dataclass(frozen=True)
class FileEntry:
    """What one file must contain."""

    sha256: str
    bytes: int
    rows: int


Manifest = dict[str, FileEntry]


class ManifestUnreadable(ValueError):
    """The manifest exists but cannot be parsed."""


def entry_of(file: Path) -> FileEntry:
    """The entry of a Parquet file as it is now."""
    return FileEntry(hash_of(file), file.stat().st_size, pq.read_metadata(file).num_rows)


def write_manifest(batch: Path, manifest: Manifest) -> None:
    """Replace the manifest of a batch as a whole."""
    files = {name: asdict(manifest[name]) for name in sorted(manifest)}
    with atomic_write(batch / MANIFEST) as file:
        file.write((json.dumps({"files": files}, indent=1) + "\n").encode())


def manifest_of(files: Iterable[Path]) -> Manifest:
    """A manifest of the files as they are now."""
    return {file.name: entry_of(file) for file in files}


def read_manifest(batch: Path) -> Manifest | None:
    """The manifest of a batch; None if an older release wrote the batch without one.

    Raises:
        ManifestUnreadable: the file exists but is not a manifest.
    """
    file = batch / MANIFEST
    if not file.exists():
        return None
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["files"]
        return {name: FileEntry(**entry) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestUnreadable(
            f"a manifest must list each file with sha256, bytes and rows; {file} does not ({error}). "
            "Restore it from a backup of the data directory."
        ) from error
