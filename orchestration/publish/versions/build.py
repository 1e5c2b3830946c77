"""Builds versions next to the served one, seals them, then swaps them in by renaming one link.

Not here: the files of a version in detail (export.py, report/pages.py), whether it may be served (audit.py),
or rolling back to an older one (history.py).
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.durable_files import hash_of, sync
from orchestration.publish.report.load import REPORT_MARTS
from orchestration.publish.versions.contents import MartContent
from orchestration.publish.versions.export import PublishError, export_marts
from orchestration.publish.versions.manifest import read_manifest, write_manifest
from orchestration.publish.versions.parquet_parts import NotParquet

VERSIONS_KEPT = 7
LEFTOVER_PREFIX = ".tmp-"
# totals by published day, which the next run compares with its own
COMPARED_FILE = "usage_by_day.parquet"
# what building or auditing raises where files that are taken over from the served version are damaged
UNFIT = (PublishError, NotParquet, duckdb.Error)


@dataclass(frozen=True)
class PublishedVersion:
    """One version of everything that readers use.

    Attributes:
        number: counts up from 1.
        path: its folder; a temporary one until `activate`.
        marts: content of each mart in the warehouse.
        published_at: when it was built to be served.
        before: the version of which it shares files; None if it shares none.
    """

    number: int
    path: Path
    marts: dict[str, MartContent]
    published_at: datetime
    before: Path | None = None

    @property
    def row_counts(self) -> dict[str, int]:
        """Rows of each mart in the warehouse."""
        return {name: content.rows for name, content in self.marts.items()}


def build_version(
    warehouse: Path,
    data_dir: Path,
    *,
    published_at: datetime,
    marts: Sequence[str] | None = None,
    workspace_files: bool = False,
    language: str = "en",
    dashboard_url: str = "",
    is_sharing: bool = True,
    memory_limit: str | None = None,
) -> PublishedVersion:
    """Build the next version in a temporary folder; readers see nothing of it yet.

    A version that is never activated, after a failed check or a kill, is removed by the next build, so only
    one publisher may work in a data directory at a time (the run holds the lock).

    Args:
        warehouse: the working DuckDB file, not held open for writing by anyone.
        data_dir: holds `versions/` and the link `published`.
        published_at: the instant to show to readers, with a zone.
        marts: what to publish, including the marts the report reads; all of schema `marts` by default.
        workspace_files: also publish files for each workspace; see `write_workspace_files` for the cost.
        language: of the pages, one of `LANGUAGES`.
        dashboard_url: where pages link to, if it is known.
        is_sharing: take the files of marts that did not change from the served version, as hard links; if
            not, all of them are written.
        memory_limit: of DuckDB while marts are written, such as "2GB"; its default otherwise.

    Raises:
        PublishError: a mart is missing.
    """
    # what draws pages loads only where a version is built, not where versions are listed
    from orchestration.publish.report.pages import PAGE_DAYS, write_pages
    from orchestration.publish.versions.workspace_files import write_workspace_files

    versions = data_dir / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(versions)
    number = max(version_numbers(data_dir), default=0) + 1
    building = versions / f"{LEFTOVER_PREFIX}{number}"
    building.mkdir()
    served = served_number(data_dir)
    before = versions / str(served) if is_sharing and served is not None else None
    contents = export_marts(
        warehouse, building, marts=marts, required=REPORT_MARTS, before=before, memory_limit=memory_limit
    )
    write_pages(building, published_at=published_at, language=language, dashboard_url=dashboard_url)
    if workspace_files:
        write_workspace_files(building, days=PAGE_DAYS, published_at=published_at, language=language)
    return PublishedVersion(number, building, contents, published_at, before)


def seal(version: PublishedVersion, data_dir: Path) -> None:
    """Finish a built version: write its manifest, and sync every file to the disk."""
    write_manifest(
        version.path,
        published_at=version.published_at,
        replaces=served_number(data_dir),
        marts=version.marts,
        before=version.before,
    )
    for path in version.path.rglob("*"):
        sync(path)
    sync(version.path)
    sync(version.path.parent)


def activate(version: PublishedVersion, data_dir: Path) -> PublishedVersion:
    """Serve a sealed version: point the link `published` to it atomically.

    Readers who hold an older version open keep reading it. The newest `VERSIONS_KEPT` versions are kept.
    """
    versions = data_dir / "versions"
    served = versions / str(version.number)
    version.path.rename(served)
    sync(versions)
    serve(version.number, data_dir)
    for number in sorted(version_numbers(data_dir))[:-VERSIONS_KEPT]:
        remove_version(versions / str(number))
    return replace(version, path=served)


def serve(number: int, data_dir: Path) -> None:
    """Point the link `published` to an existing version, by one rename."""
    new_link = data_dir / "versions" / f"{LEFTOVER_PREFIX}published"
    new_link.unlink(missing_ok=True)
    # relative, so that the data directory can be moved or mounted elsewhere
    new_link.symlink_to(Path("versions") / str(number), target_is_directory=True)
    new_link.replace(data_dir / "published")
    sync(data_dir)


def served_number(data_dir: Path) -> int | None:
    """The number of the served version; None if there is none."""
    link = data_dir / "published"
    return int(link.readlink().name) if link.is_symlink() and link.exists() else None


def version_numbers(data_dir: Path) -> list[int]:
    """The numbers of the kept versions, served or not."""
    versions = data_dir / "versions"
    if not versions.is_dir():
        return []
    return [int(entry.name) for entry in versions.iterdir() if entry.name.isdecimal()]


def other_versions(data_dir: Path) -> list[Path]:
    """The kept versions but the served one, oldest first."""
    served = served_number(data_dir)
    numbers = sorted(version_numbers(data_dir))
    return [data_dir / "versions" / str(number) for number in numbers if number != served]


def remove_version(version: Path) -> None:
    """Remove a version that is not served; readers who hold it open keep reading it."""
    # renamed first: a version is complete or absent
    doomed = version.rename(version.with_name(f"{LEFTOVER_PREFIX}old-{version.name}"))
    shutil.rmtree(doomed, ignore_errors=True)  # the next build removes leftovers


def compared_files(published: Path) -> dict[str, Path]:
    """The files of the served version that a run compares with its own results; none before the first."""
    version = published.resolve()
    files = {
        "usage_by_day": version / COMPARED_FILE,
        "usage_daily": version / "parquet" / "usage_daily.parquet",
    }
    manifest = read_manifest(version)
    hashes = manifest.files if manifest else {}
    # a corrupted file is not compared with, or every run would fail until a rollback
    is_corrupted = any(
        not file.exists() or hashes.get(str(file.relative_to(version))) not in (None, hash_of(file))
        for file in files.values()
    )
    return {} if is_corrupted else files


def _remove_leftovers(versions: Path) -> None:
    for leftover in versions.glob(f"{LEFTOVER_PREFIX}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
