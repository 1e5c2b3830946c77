"""The folders: landing and data, and the capabilities of their disk.

What is in the data does not belong here: that is state.py.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from orchestration.durable_files import sync
from orchestration.health.doctor.finding import Finding
from orchestration.lake.unread_files import unread_entries
from orchestration.landing.contract import FEEDS
from orchestration.visible_text import counted

GB = 1000**3
MIN_FREE_BYTES = GB
MAX_COUNTED = 100_000


def check_landing(landing_dir: Path) -> Finding:
    """Whether there is a landing folder, which feeds it has, and which of its folders are not feeds."""
    if not landing_dir.is_dir():
        return Finding(
            "landing",
            "problem",
            f"there is no folder {landing_dir}",
            f"Create it (mkdir -p {landing_dir}), or name another with CREDITS_LANDING_DIR or --landing.",
        )
    try:
        folders = sorted(entry.name for entry in landing_dir.iterdir() if entry.is_dir())
        unread = unread_entries(landing_dir)
    except OSError as error:
        return Finding(
            "landing", "problem", f"{landing_dir} cannot be read: {error}", "Let this user read it."
        )
    counts = [f"{name} ({_file_count(landing_dir / name)})" for name in FEEDS if name in folders]
    found = f"{landing_dir}: {', '.join(counts) or 'no feed'}"
    if unread:
        listed = "; ".join(f"{entry.name}: {entry.reason}" for entry in unread[:10])
        return Finding(
            "landing",
            "warning",
            f"{found}; not read: {listed}",
            f"Move or remove them; the feeds are {', '.join(FEEDS)}.",
        )
    if "generation_events" not in folders:
        return Finding(
            "landing",
            "warning",
            f"{found}; generation_events is missing, which all numbers come from",
            f"Deliver to {landing_dir / 'generation_events'} (docs/landing.md); credits sample --out "
            f"{landing_dir} writes an example.",
        )
    return Finding("landing", "ok", found)


def check_writable(data_dir: Path) -> Finding:
    """Whether this user may write to the data directory, or create it."""
    path = nearest(data_dir)
    if not path.is_dir():
        return Finding("data", "problem", f"{path} is not a folder", "Name another folder with --data-dir.")
    if os.access(path, os.W_OK | os.X_OK):
        return Finding(
            "data", "ok", f"{data_dir}{'' if path == data_dir else ', which the first run creates'}"
        )
    return Finding(
        "data",
        "problem",
        f"{path} cannot be written by this user",
        f"Give it to the user who runs this (chown), or name another folder than {data_dir} with --data-dir.",
    )


def check_space(data_dir: Path, *, free_bytes: int | None = None) -> Finding:
    """Whether a run fits: it writes a second version next to the served one, and temporary files."""
    free = shutil.disk_usage(nearest(data_dir)).free if free_bytes is None else free_bytes
    warehouse, served = data_dir / "warehouse.duckdb", data_dir / "published"
    version_bytes = sum(file.stat().st_size for file in served.resolve().rglob("*") if file.is_file())
    needed = MIN_FREE_BYTES + version_bytes + (warehouse.stat().st_size if warehouse.is_file() else 0)
    found = f"{free / GB:.1f} GB are free, a run may need {needed / GB:.1f} GB"
    if free >= needed:
        return Finding("disk space", "ok", found)
    return Finding(
        "disk space",
        "problem" if free < version_bytes + MIN_FREE_BYTES / 10 else "warning",
        found,
        f"Free space on the disk of {data_dir}, or move the folder; earlier versions are in "
        f"{data_dir / 'versions'}.",
    )


def check_file_system(data_dir: Path) -> Finding:
    """Whether the disk supports what atomic writes need: locks, renames over files and links, syncing."""
    try:
        with TemporaryDirectory(prefix=".credits-doctor-", dir=nearest(data_dir)) as folder:
            failed = list(_failing(Path(folder)))
    except OSError as error:
        failed = [f"creating a folder ({error.strerror})"]
    if not failed:
        return Finding("file system", "ok", "locks, renames and syncs work")
    return Finding(
        "file system",
        "problem",
        f"atomic writes would fail there: {', '.join(failed)}",
        f"Keep {data_dir} on a local disk (ext4, xfs, apfs), not on a network share, and let this user "
        "write it.",
    )


def check_dagster_home(dagster_home: Path, *, is_made: bool = False) -> Finding:
    """Whether DAGSTER_HOME has its configuration, and can be written.

    Args:
        is_made: whether the first run creates it.
    """
    file = dagster_home / "dagster.yaml"
    if is_made and not dagster_home.exists():
        return Finding("dagster", "ok", f"DAGSTER_HOME is {dagster_home}, which the first run creates")
    remedy = f"Copy dagster.yaml of the project to {dagster_home}, or unset DAGSTER_HOME."
    if not file.is_file():
        return Finding("dagster", "problem", f"there is no {file}", remedy)
    try:
        configured = yaml.safe_load(file.read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        return Finding("dagster", "problem", f"{file} cannot be read: {reason}", remedy)
    state = dagster_home / ".dagster"
    path = state if state.exists() else dagster_home
    if not os.access(path, os.W_OK | os.X_OK):
        return Finding(
            "dagster",
            "problem",
            f"{path} cannot be written by this user",
            "Give it to the user who runs this, or set DAGSTER_HOME to a folder with a copy of dagster.yaml.",
        )
    runs = configured.get("concurrency", {}).get("runs", {}).get("max_concurrent_runs")
    if runs != 1:
        return Finding(
            "dagster",
            "warning",
            f"{file} lets {runs or 'many'} runs start at once; all but one would fail on the lock",
            "Set concurrency.runs.max_concurrent_runs to 1 in it.",
        )
    return Finding("dagster", "ok", f"DAGSTER_HOME is {dagster_home}")


def nearest(folder: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _file_count(folder: Path) -> str:
    count = 0
    for _, _, files in os.walk(folder):
        count += sum(1 for name in files if name[0] not in "._")
        if count > MAX_COUNTED:
            return f"over {MAX_COUNTED:,} files"
    return counted(count, "file")


def _failing(folder: Path) -> Iterator[str]:
    """The operations that fail on this disk, tried in a temporary folder."""
    for operation, attempt in (
        ("syncing", _sync),
        ("renaming over a file", _rename),
        ("renaming over a link", _swap_link),
        ("locking", _lock),
    ):
        try:
            attempt(folder)
        except OSError as error:
            yield f"{operation} ({error.strerror or error})"


def _sync(folder: Path) -> None:
    file = folder / "synced"
    file.write_bytes(b"credits")
    sync(file)
    sync(folder)


def _rename(folder: Path) -> None:
    old, new = folder / "old", folder / "new"
    old.write_text("old")
    new.write_text("new")
    new.replace(old)
    if old.read_text() != "new":
        raise OSError("the old file is still there")


def _swap_link(folder: Path) -> None:
    link, new = folder / "link", folder / "new-link"
    link.symlink_to("1")
    new.symlink_to("2")
    new.replace(link)
    if link.readlink() != Path("2"):
        raise OSError("the old link is still there")


def _lock(folder: Path) -> None:
    with (folder / "lock").open("w") as first, (folder / "lock").open("w") as second:
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        raise OSError("two processes could hold one lock")
