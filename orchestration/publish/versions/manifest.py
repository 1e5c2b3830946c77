"""The manifest of a published version: when it was published, which one it replaced, hashes and contents.

Not here: the contents of the files (export.py), or which version is served (build.py).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from orchestration.durable_files import hash_of, is_shared
from orchestration.publish.versions.contents import MartContent

MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True)
class VersionManifest:
    """The files of a version as they were published.

    Attributes:
        published_at: when it was built to be served, with a zone.
        replaces: number of the version served until then; None if there was none.
        files: SHA-256 of each file by its path in the version, except the manifest itself.
        marts: the content of each mart; none in a version of an older release.
    """

    published_at: datetime
    replaces: int | None
    files: dict[str, str]
    marts: dict[str, MartContent] = field(default_factory=dict)


def write_manifest(
    folder: Path,
    *,
    published_at: datetime,
    replaces: int | None,
    marts: Mapping[str, MartContent] | None = None,
    before: Path | None = None,
) -> None:
    """Write the manifest of a complete version.

    Args:
        before: the version of which this one shares files; what is shared is not hashed again.
    """
    known = read_manifest(before) if before else None
    hashes = known.files if known else {}
    files = {
        name: hashes[name]
        if before and name in hashes and is_shared(folder / name, before / name)
        else hash_of(folder / name)
        for name in _files(folder)
    }
    manifest = VersionManifest(published_at, replaces, files, dict(marts or {}))
    text = json.dumps(asdict(manifest) | {"published_at": published_at.isoformat()}, indent=1)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> VersionManifest | None:
    """The manifest of a version; None if it is missing or unreadable."""
    try:
        values = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        return VersionManifest(
            datetime.fromisoformat(values["published_at"]),
            values["replaces"],
            dict(values["files"]),
            {name: MartContent(**content) for name, content in values.get("marts", {}).items()},
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_as_published(folder: Path, name: str) -> bool:
    """Whether a file of a version was not written to since; by its time, not by its bytes.

    The manifest is the last file written of a version. Where a copy of a data directory lost the times,
    files count as changed.
    """
    file, manifest = folder / name, folder / MANIFEST_FILE
    return file.is_file() and file.stat().st_mtime_ns <= manifest.stat().st_mtime_ns


def changed_files(folder: Path) -> Iterator[str]:
    """A sentence for each file that is not what was published; reads every file in full."""
    manifest = read_manifest(folder)
    if manifest is None:
        yield (
            f"version {folder.name} has no readable {MANIFEST_FILE}: it was lost, or an older release "
            "published it. Its files cannot be checked."
        )
        return
    found = set(_files(folder))
    for name in sorted(manifest.files.keys() - found):
        yield f"version {folder.name}: {name} is missing"
    for name in sorted(found - manifest.files.keys()):
        yield f"version {folder.name}: {name} was not published; it was added later"
    for name in sorted(found & manifest.files.keys()):
        if hash_of(folder / name) != manifest.files[name]:
            yield f"version {folder.name}: {name} is not what was published: its bytes have another hash"


def _files(folder: Path) -> list[str]:
    """Every file of a version by its path in it, except the manifest."""
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return sorted(name for name in files if name != MANIFEST_FILE)
