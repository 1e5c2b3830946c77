"""The versions that are kept: which there are, which is served, and going back to another one.

How a version comes about does not belong here: that is versions.py.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.publish.versions.build import serve, served_number, version_numbers
from orchestration.publish.versions.manifest import MANIFEST_FILE, changed_files, read_manifest
from orchestration.warehouse.run_state import RunState


class NoSuchVersion(ValueError):
    """The version to go back to is not kept."""


class VersionDamaged(ValueError):
    """The version to go back to is not what was published."""


@dataclass(frozen=True)
class KeptVersion:
    """A version that could be served.

    Attributes:
        number: of its folder.
        as_of: the day it reports up to; None if it does not say.
        published_at: when it was built to be served.
        replaces: the version that was served before it; None if there was none, or it does not say.
        is_served: whether it is what readers see now.
    """

    number: int
    as_of: date | None
    published_at: datetime
    replaces: int | None
    is_served: bool


def kept_versions(data_dir: Path) -> list[KeptVersion]:
    """All of them, oldest first."""
    return [_kept(number, data_dir) for number in sorted(version_numbers(data_dir))]


def roll_back(data_dir: Path, *, to: int | None) -> KeptVersion:
    """Serves an older version again, by the rename that publishes; nothing of any version is changed.

    Args:
        data_dir: held by the caller, so that no run publishes meanwhile.
        to: number of the version; None for the one that was served before the served one.

    Raises:
        NoSuchVersion: it is not kept.
        VersionDamaged: its files are not those that were published.
    """
    chosen = _version_before(data_dir) if to is None else to
    if chosen not in version_numbers(data_dir):
        raise NoSuchVersion(f"only a version that is kept can be served again; {chosen} is not")
    folder = data_dir / "versions" / str(chosen)
    # versions of older releases have none
    if (folder / MANIFEST_FILE).exists():
        damages = list(changed_files(folder))
        if damages:
            raise VersionDamaged(
                f"a version is served again only as it was published: {'; '.join(damages[:5])}. "
                "Name another one with --to, or publish anew with credits rebuild."
            )
    serve(chosen, data_dir)
    return _kept(chosen, data_dir)


def read_run_state(folder: Path) -> RunState | None:
    """What a version says it was made from; None if it does not, or not readably."""
    try:
        return RunState.read(folder)
    except (ValueError, KeyError):
        return None


def _version_before(data_dir: Path) -> int:
    served = served_number(data_dir)
    if served is None:
        raise NoSuchVersion("there is no version before the served one, since none is served")
    numbers = version_numbers(data_dir)
    replaced = _kept(served, data_dir).replaces
    # not simply the next lower number: that may be one that somebody went back from
    before = replaced if replaced in numbers else max((n for n in numbers if n < served), default=None)
    if before is None:
        raise NoSuchVersion(f"there is no version before {served}, which is served")
    return before


def _kept(number: int, data_dir: Path) -> KeptVersion:
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
