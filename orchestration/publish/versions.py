"""Published versions: each built beside the served one, then swapped in by renaming one link.

Not here: what a version holds in detail (export.py, page.py), or whether it is good enough to be served.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.publish.export import export_marts
from orchestration.publish.file_names import file_name
from orchestration.publish.page import render_page
from orchestration.publish.reading import REPORT_MARTS, load_reports
from orchestration.publish.workspace_files import write_workspace_files
from orchestration.warehouse.durable import sync

VERSIONS_KEPT = 7
PAGE_DAYS = 30
LEFTOVER_PREFIX = ".tmp-"
# sums of the published days, which the next run compares with its own
COMPARED_FILE = "usage_by_day.parquet"


@dataclass(frozen=True)
class PublishedVersion:
    """One version of all that readers use.

    Attributes:
        number: counts up from 1.
        path: its folder; a temporary one until `activate`.
        row_counts: rows of each mart.
    """

    number: int
    path: Path
    row_counts: dict[str, int]


def publish_version(
    warehouse: Path,
    data_dir: Path,
    *,
    marts: Sequence[str] | None = None,
    workspace_files: bool = False,
) -> PublishedVersion:
    """Builds the next version and serves it at once; see `build_version` and `activate`."""
    version = build_version(warehouse, data_dir, marts=marts, workspace_files=workspace_files)
    return activate(version, data_dir)


def build_version(
    warehouse: Path,
    data_dir: Path,
    *,
    marts: Sequence[str] | None = None,
    workspace_files: bool = False,
) -> PublishedVersion:
    """Builds the next version in a temporary folder, down to the disk; readers see nothing of it yet.

    A version that is built and never activated, after a failed check or a kill, is removed by the next build,
    so only one publisher may work in a data directory at a time (the run holds the lock).

    Args:
        warehouse: the working DuckDB file, not held open for writing by anyone.
        data_dir: holds `versions/` and the link `published`.
        marts: what to publish, including the marts the report reads; all of schema `marts` by default.
        workspace_files: publish each workspace alone as well; see `write_workspace_files` for what it costs.

    Raises:
        PublishError: a mart is missing.
    """
    versions = data_dir / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(versions)
    number = max(_numbers(versions), default=0) + 1
    building = versions / f"{LEFTOVER_PREFIX}{number}"
    building.mkdir()
    row_counts = export_marts(warehouse, building, marts=marts, required=REPORT_MARTS)
    _write_pages(building)
    if workspace_files:
        write_workspace_files(building, days=PAGE_DAYS)
    _sync_tree(building)
    return PublishedVersion(number=number, path=building, row_counts=row_counts)


def activate(version: PublishedVersion, data_dir: Path) -> PublishedVersion:
    """Serves a built version: the link `published` points to it from one moment to the next.

    Readers who hold an older version open keep reading it. The newest `VERSIONS_KEPT` versions are kept.
    """
    versions = data_dir / "versions"
    served = versions / str(version.number)
    for file in version.path.iterdir():
        sync(file)
    version.path.rename(served)
    sync(versions)
    new_link = versions / f"{LEFTOVER_PREFIX}published"
    new_link.unlink(missing_ok=True)
    # relative, so that the data directory can be moved or mounted elsewhere
    new_link_target = Path("versions") / served.name
    new_link.symlink_to(new_link_target, target_is_directory=True)
    new_link.replace(data_dir / "published")
    sync(data_dir)
    for number in sorted(_numbers(versions))[:-VERSIONS_KEPT]:
        # renamed first: a version is there whole or not at all
        doomed = (versions / str(number)).rename(versions / f"{LEFTOVER_PREFIX}old-{number}")
        shutil.rmtree(doomed, ignore_errors=True)  # what is left of it, the next build removes
    return replace(version, path=served)


def compared_files(published: Path) -> dict[str, Path]:
    """The files of the served version that a run compares with what it is about to publish; none at first."""
    if not (published / COMPARED_FILE).exists():
        return {}
    version = published.resolve()
    return {
        "usage_by_day": version / COMPARED_FILE,
        "usage_daily": version / "parquet" / "usage_daily.parquet",
    }


def _write_pages(folder: Path) -> None:
    pages = folder / "report"
    pages.mkdir()
    for report in load_reports(folder, days=PAGE_DAYS):
        page = pages / file_name(report.summary.workspace_id, suffix=".html")
        page.write_text(render_page(report), encoding="utf-8")


def _numbers(versions: Path) -> list[int]:
    return [int(entry.name) for entry in versions.iterdir() if entry.name.isdecimal()]


def _remove_leftovers(versions: Path) -> None:
    for leftover in versions.glob(f"{LEFTOVER_PREFIX}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
    sync(folder.parent)
