"""The stored model survives a kill at any point, because its file is named by the hash of the registry."""

from pathlib import Path

from orchestration.warehouse.model_store import ModelFile


def test_what_is_written_is_read_back_and_others_go_only_when_asked(tmp_path: Path) -> None:
    old, new = ModelFile(tmp_path / "models", "a" * 64), ModelFile(tmp_path / "models", "b" * 64)
    assert old.read() is None
    old.write(b"old")
    new.write(b"new")
    # killed here, the registry still names the old one
    assert old.read() == b"old"
    leftover = tmp_path / "models" / ".credits-0123.tmp"
    leftover.write_bytes(b"half")
    new.remove_others()
    assert (old.read(), new.read(), leftover.exists()) == (None, b"new", False)


def test_without_a_folder_there_is_nothing_to_remove(tmp_path: Path) -> None:
    ModelFile(tmp_path / "models", "").remove_others()
    assert not (tmp_path / "models").exists()
