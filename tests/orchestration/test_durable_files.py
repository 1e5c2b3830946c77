"""An atomic write leaves the old file or the new one, flushed to the disk, whatever happens."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from orchestration.durable_files import atomic_write, hash_of, remove_temporary_files


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "rows.json"
    path.write_text("old")
    return path


def test_readers_see_the_old_content_until_the_new_is_complete(target: Path) -> None:
    with atomic_write(target) as file:
        file.write(b"new")
        assert target.read_text() == "old"
    assert (target.read_text(), list(target.parent.iterdir())) == ("new", [target])


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(target: Path) -> None:
    with pytest.raises(RuntimeError), atomic_write(target) as file:
        file.write(b"half")
        raise RuntimeError
    assert (target.read_text(), list(target.parent.iterdir())) == ("old", [target])


@pytest.mark.parametrize(("where", "what"), [(os, "fsync"), (Path, "replace")])
def test_a_disk_error_leaves_the_old_file_and_no_temporary_one(
    target: Path, monkeypatch: pytest.MonkeyPatch, where: object, what: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(where, what, fail)
    with pytest.raises(OSError, match="disk full"), atomic_write(target) as file:
        file.write(b"new")
    assert (target.read_text(), list(target.parent.iterdir())) == ("old", [target])


def test_the_file_is_flushed_before_the_rename_and_its_folder_after(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def recorded_fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        is_folder = stat.S_ISDIR(status.st_mode)
        # what is still buffered in the process would not be flushed
        steps.append("sync folder" if is_folder else f"sync {status.st_size} bytes")
        fsync(descriptor)

    def recorded_replace(path: Path, to: Path) -> Path:
        steps.append("rename")
        return replace(path, to)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(Path, "replace", recorded_replace)
    with atomic_write(target) as file:
        file.write(b"new")
    assert steps == ["sync 3 bytes", "rename", "sync folder"]


def test_the_permissions_are_those_of_any_new_file(target: Path) -> None:
    other = target.with_name("other")
    other.touch()
    with atomic_write(target) as file:
        file.write(b"new")
    assert target.stat().st_mode == other.stat().st_mode


def test_a_link_to_the_file_stays_a_link(target: Path) -> None:
    link = target.parent / "link"
    link.symlink_to(target.name)
    with atomic_write(link) as file:
        file.write(b"new")
    assert (link.is_symlink(), target.read_text()) == (True, "new")


def test_two_writers_of_one_file_do_not_mix_their_contents(target: Path) -> None:
    with atomic_write(target) as first, atomic_write(target) as second:
        first.write(b"first")
        second.write(b"second")
    assert (target.read_text(), list(target.parent.iterdir())) == ("first", [target])


def test_a_folder_is_never_replaced_by_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(IsADirectoryError), atomic_write(folder) as file:
        file.write(b"new")
    assert list(tmp_path.iterdir()) == [folder]


def test_what_a_killed_process_left_is_removed_and_nothing_else(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(Path, "unlink", lambda path, missing_ok=False: None)
        with pytest.raises(KeyboardInterrupt), atomic_write(target):
            raise KeyboardInterrupt
    assert len(list(target.parent.iterdir())) == 2
    remove_temporary_files(target.parent)
    assert (target.read_text(), list(target.parent.iterdir())) == ("old", [target])


def test_a_hash_is_that_of_the_content(target: Path) -> None:
    # sha256sum of "old"
    assert hash_of(target) == "cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4"
