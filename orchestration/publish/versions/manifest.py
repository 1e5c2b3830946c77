"""The manifest of a published version: when it was published, which one it replaced, a hash of each file.

Not here: the contents of the files (export.py), or which version is served (build.py).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from orchestration.durable_files import hash_of

MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True)
class VersionManifest:
    """The files of a version as they were published.

    Attributes:
        published_at: when it was built to be served, with a zone.
        replaces: number of the version served until then; None if there was none.
        files: SHA-256 of each file by its path in the version, except the manifest itself.
    """

    published_at: datetime
    replaces: int | None
    files: dict[str, str]


def write_manifest(folder: Path, *, published_at: datetime, replaces: int | None) -> None:
    """Write the manifest of a complete version."""
    files = {name: hash_of(folder / name) for name in _files(folder)}
    manifest = VersionManifest(published_at, replaces, files)
    text = json.dumps(asdict(manifest) | {"published_at": published_at.isoformat()}, indent=1)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> VersionManifest | None:
    """The manifest of a version; None if it is missing or unreadable."""
    try:
        values = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        return VersionManifest(
            datetime.fromisoformat(values["published_at"]), values["replaces"], dict(values["files"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
