"""The kept versions: listing them, and rolling back to one.

Not here: how a version is built (build.py).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.publish.versions.build import serve, served_number, version_numbers
from orchestration.publish.versions.manifest import MANIFEST_FILE, changed_files, read_manifest
from orchestration.warehouse.run_state import RunState


class VersionNotFound(ValueError):
    """The version to roll back to is not kept."""


class VersionCorrupted(ValueError):
    """The files of the version to roll back to are not those that were published."""


@dataclass(frozen=True)
class KeptVersion:
    """A version that could be served.

    Attributes:
        number: of its folder.
        as_of: the day it reports up to; None if unknown.
        published_at: when it was built to be served.
        replaces: the version served before it; None if there was none, or if unknown.
        is_served: whether readers see it now.
    """

    number: int
    as_of: date | None
    published_at: datetime
    replaces: int | None
    is_served: bool


def kept_versions(data_dir: Path) -> list[KeptVersion]:
    """All kept versions, oldest first."""
    return [_kept_version(number, data_dir) for number in sorted(version_numbers(data_dir))]


def roll_back(data_dir: Path, *, to: int | None) -> KeptVersion:
    """Serve a kept version, by the same rename that publishes; no version is changed.

    Args:
        data_dir: held by the caller, so that no run publishes meanwhile.
        to: number of the version; None for the one served before the current one.

    Raises:
        VersionNotFound: it is not kept.
        VersionCorrupted: its files are not those that were published.
    """
    chosen = _version_before(data_dir) if to is None else to
    if chosen not in version_numbers(data_dir):
        raise VersionNotFound(f"a rollback needs a version that is kept; {chosen} is not")
    folder = data_dir / "versions" / str(chosen)
    # older releases published without a manifest
    if (folder / MANIFEST_FILE).exists():
        changes = list(changed_files(folder))
        if changes:
            raise VersionCorrupted(
                f"a rollback needs the files as they were published; {'; '.join(changes[:5])}. "
                "Name another version with --to, or rebuild with credits rebuild."
            )
    serve(chosen, data_dir)
    return _kept_version(chosen, data_dir)


def read_run_state(folder: Path) -> RunState | None:
    """The run state a version was built from; None if it is missing or unreadable."""
    try:
        return RunState.read(folder)
    except (ValueError, KeyError):
        return None


def _version_before(data_dir: Path) -> int:
    served = served_number(data_dir)
    if served is None:
        raise VersionNotFound("a rollback needs a served version; none is served")
    numbers = version_numbers(data_dir)
    replaced = _kept_version(served, data_dir).replaces
    # not simply the next lower number: that may be a version that was rolled back
    before = replaced if replaced in numbers else max((n for n in numbers if n < served), default=None)
    if before is None:
        raise VersionNotFound(
            f"a rollback needs an earlier version; there is no version before {served}, which is served"
        )
    return before


def _kept_version(number: int, data_dir: Path) -> KeptVersion:
    folder = data_dir / "versions" / str(number)
    manifest, run_state = read_manifest(folder), read_run_state(folder)
    return KeptVersion(
        number=number,
        as_of=run_state.as_of if run_state else None,
        published_at=manifest.published_at
        if manifest
        else datetime.fromtimestamp(folder.stat().st_mtime, tz=UTC),
        replaces=manifest.replaces if manifest else None,
        is_served=number == served_number(data_dir),
    )
