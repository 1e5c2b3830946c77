"""The doctor checks the folders and their disk."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest
from support.product import REPO

from orchestration.health.doctor import folders


def refuse(*_: object, **__: object) -> None:
    raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))


def test_the_landing_folder_is_shown_with_its_feeds_and_unknown_folders(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    missing = folders.check_landing(landing)
    assert (missing.state, f"mkdir -p {landing}" in missing.remedy) == ("problem", True)

    (landing / "credit_entries").mkdir(parents=True)
    without_events = folders.check_landing(landing)
    assert (without_events.state, "generation_events is missing" in without_events.found) == (
        "warning",
        True,
    )

    (landing / "generation_events" / "2026").mkdir(parents=True)
    for name in ("2026/a.jsonl", "2026/b.jsonl", ".hidden", "_half"):
        (landing / "generation_events" / name).write_text("")
    (landing / ".tmp").mkdir()
    found = folders.check_landing(landing)
    assert found.state == "ok"
    assert found.found.endswith("generation_events (2 files), credit_entries (0 files)")

    (landing / "generation_event").mkdir()
    assert folders.check_landing(landing).state == "ok"
    (landing / "generation_event" / "a.jsonl").write_text("")
    (landing / "events.csv").write_text("")
    unread = folders.check_landing(landing)
    assert unread.state == "warning"
    assert "not read: events.csv: it is in the folder of no feed; the feed is called gen" in unread.found
    assert "generation_event/: the folder is no feed's, and holds a.jsonl" in unread.found


def test_a_data_folder_that_cannot_be_written_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    creatable = folders.check_writable(tmp_path / "not" / "yet")
    assert (creatable.state, "the first run creates" in creatable.found) == ("ok", True)
    assert not (tmp_path / "not").exists()
    (tmp_path / "file").write_text("")
    assert folders.check_writable(tmp_path / "file" / "data").state == "problem"
    # the tests may run as root, whom no file mode stops
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    found = folders.check_writable(tmp_path)
    assert (found.state, "chown" in found.remedy) == ("problem", True)


def test_a_disk_needs_room_for_a_second_version(tmp_path: Path) -> None:
    served = tmp_path / "versions" / "1"
    served.mkdir(parents=True)
    (tmp_path / "published").symlink_to("versions/1")
    for file in (served / "credits.duckdb", tmp_path / "warehouse.duckdb"):
        with file.open("wb") as sparse:
            sparse.truncate(2 * folders.GB)
    states = [folders.check_space(tmp_path, free_bytes=int(gb * folders.GB)).state for gb in (5.1, 4.9, 2.0)]
    assert states == ["ok", "warning", "problem"]
    assert "a run may need 5.0 GB" in folders.check_space(tmp_path, free_bytes=0).found


@pytest.mark.parametrize(
    ("module", "operation", "found"),
    [
        (os, "fsync", "syncing"),
        (fcntl, "flock", "locking"),
        (Path, "symlink_to", "renaming over a link"),
        (Path, "replace", "renaming over a file"),
    ],
)
def test_a_disk_without_the_operations_of_atomic_writes_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, operation: str, found: str
) -> None:
    assert folders.check_file_system(tmp_path / "data").state == "ok"
    monkeypatch.setattr(module, operation, refuse)
    result = folders.check_file_system(tmp_path / "data")
    assert (result.state, found in result.found) == ("problem", True)
    assert "local disk" in result.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_disk_whose_locks_do_not_exclude_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    assert "two processes could hold one lock" in folders.check_file_system(tmp_path).found


def test_a_dagster_home_that_the_first_run_makes_is_no_problem(tmp_path: Path) -> None:
    home = tmp_path / "dagster"
    assert folders.check_dagster_home(home).state == "problem"
    assert folders.check_dagster_home(home, is_made=True).state == "ok"


def test_a_dagster_home_needs_its_configuration_and_one_run_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is no" in folders.check_dagster_home(tmp_path).found
    file = tmp_path / "dagster.yaml"
    file.write_text("storage: [\n")
    assert (
        folders.check_dagster_home(tmp_path).state,
        "cannot be read" in folders.check_dagster_home(tmp_path).found,
    ) == (
        "problem",
        True,
    )
    file.write_text("")
    assert folders.check_dagster_home(tmp_path).state == "warning"
    file.write_text((REPO / "dagster.yaml").read_text())
    assert folders.check_dagster_home(tmp_path).state == "ok"
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert "cannot be written" in folders.check_dagster_home(tmp_path).found
