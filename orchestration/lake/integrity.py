"""Checks every file of the lake, and every derived one, against the manifest of its batch.

Nothing is repaired here: the only source of truth is restored from a backup, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.durable_files import hash_of
from orchestration.lake.batch_manifest import (
    MANIFEST,
    NEW_SUFFIX,
    Manifest,
    ManifestUnreadable,
    read_manifest,
)
from orchestration.lake.lake import Lake


def check_lake(lake: Lake) -> Iterator[str]:
    """Yield a sentence for each difference between the lake and its manifests.

    Every file is read whole. Call it only while no run writes to the lake.
    """
    yield from _gaps(lake)
    for batch in lake.batches():
        yield from _batch_differences(batch)
    for derived in lake.derived.batches():
        for difference in _batch_differences(derived):
            found = difference.partition(" Restore")[0]
            yield f"derived rows of {found} Remove {lake.derived.folder}: the next run derives them again."


def missing_files(lake: Lake) -> Iterator[str]:
    """Yield a sentence for each batch, and each file of one, that is missing, unreadable or lost rows.

    Contents are not read, so that every run can look; what else was changed, the checks and verify find.
    """
    yield from _gaps(lake)
    for batch in lake.batches():
        manifest = read_manifest(batch) or {}
        for file in sorted(manifest):
            path = batch / file
            if not path.exists():
                yield _missing(f"batch {int(batch.name)}", file)
            elif (batch / f"{file}{NEW_SUFFIX}").exists():
                continue  # an interrupted erasure, which the run completes
            elif path.stat().st_size != manifest[file].bytes and _row_count(path) != manifest[file].rows:
                yield _changed(f"batch {int(batch.name)}", batch, file, manifest)


def _row_count(file: Path) -> int | None:
    """The rows of a Parquet file; None if it cannot be read."""
    try:
        return int(pq.read_metadata(file).num_rows)
    except (OSError, pa.ArrowException):
        return None


def _missing(name: str, file: str) -> str:
    return f"{name}: {file} is missing, and its rows from every figure. Restore it from a backup."


def _gaps(lake: Lake) -> Iterator[str]:
    present = {int(batch.name) for batch in lake.batches()}
    for missing in sorted(set(range(1, lake.newest_batch + 1)) - present):
        yield (
            f"batch {missing} is missing, although batch {lake.newest_batch} was committed after it: its "
            "rows are missing from every figure. Restore its folder from a backup."
        )


def _batch_differences(batch: Path) -> Iterator[str]:
    name = f"batch {int(batch.name)}"
    try:
        manifest = read_manifest(batch)
    except ManifestUnreadable as error:
        yield f"{name}: {error}"
        return
    if manifest is None:
        yield (
            f"{name} has no {MANIFEST}: an older release wrote it, or the file was lost. "
            "Its files cannot be checked."
        )
        return
    found = {file.name for file in batch.iterdir()} - {MANIFEST}
    for file in sorted(manifest.keys() - found):
        yield _missing(name, file)
    for file in sorted(manifest.keys() & found):
        if hash_of(batch / file) != manifest[file].sha256:
            yield _changed(name, batch, file, manifest)
    for file in sorted(found - manifest.keys()):
        if not _is_pending(batch, file, manifest):
            yield f"{name}: {file} is not in its manifest and is not read. Find out where it comes from."


def _changed(name: str, batch: Path, file: str, manifest: Manifest) -> str:
    if _is_pending(batch, f"{file}{NEW_SUFFIX}", manifest):
        return (
            f"{name}: {file} is waiting to be replaced: erasing a person was interrupted. "
            "Run credits forget again; the next run completes it, too."
        )
    size = (batch / file).stat().st_size
    return (
        f"{name}: {file} is not what was committed: its hash differs from the manifest's "
        f"({size:,} bytes, {manifest[file].bytes:,} committed). Restore it from a backup."
    )


def _is_pending(batch: Path, file: str, manifest: Manifest) -> bool:
    """Whether the file is the new version that the manifest expects."""
    expected = manifest.get(file.removesuffix(NEW_SUFFIX))
    path = batch / file
    return (
        file.endswith(NEW_SUFFIX)
        and expected is not None
        and path.is_file()
        and hash_of(path) == expected.sha256
    )
