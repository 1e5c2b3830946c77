"""The manifest of one batch: what its files must be, byte for byte.

Who compares them with it, and when, is in `lake_check`; what is in the files, in `batch_writer`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.durable_files import atomic_write, hash_of

MANIFEST = "manifest.json"
# what becomes the file of that name once the manifest says so
NEW_SUFFIX = ".new"


@dataclass(frozen=True)
class FileEntry:
    """What one file must be."""

    sha256: str
    bytes: int
    rows: int


Manifest = dict[str, FileEntry]


class ManifestUnreadable(ValueError):
    """A manifest that is there and says nothing usable."""


def entry_of(file: Path) -> FileEntry:
    """What a Parquet file is now."""
    return FileEntry(hash_of(file), file.stat().st_size, pq.read_metadata(file).num_rows)


def write_manifest(batch: Path, manifest: Manifest) -> None:
    """Make the manifest of a batch this one, all or nothing, down to the disk."""
    files = {name: asdict(manifest[name]) for name in sorted(manifest)}
    with atomic_write(batch / MANIFEST) as file:
        file.write((json.dumps({"files": files}, indent=1) + "\n").encode())


def manifest_of(files: Iterable[Path]) -> Manifest:
    """A manifest that says of each file what it is now."""
    return {file.name: entry_of(file) for file in files}


def read_manifest(batch: Path) -> Manifest | None:
    """The manifest of a batch; None if it has none, as a version before manifests wrote it.

    Raises:
        ManifestUnreadable: it is there, and no manifest.
    """
    file = batch / MANIFEST
    if not file.exists():
        return None
    try:
        told = json.loads(file.read_text(encoding="utf-8"))["files"]
        return {name: FileEntry(**entry) for name, entry in told.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestUnreadable(
            f"a manifest must list each file with sha256, bytes and rows; {file} does not ({error}). "
            "Restore it from a copy of the data directory."
        ) from error
