"""Rolling back to a kept version, and the changes that a manifest detects."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.publish.versions.build import PublishedVersion, served_number
from orchestration.publish.versions.history import VersionCorrupted, VersionNotFound, kept_versions, roll_back
from orchestration.publish.versions.manifest import changed_files, read_manifest

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], Path]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_rollback_serves_the_previous_version_and_changes_no_file(
    rows: Rows, publish: Publish, tmp_path: Path
) -> None:
    publish(rows)
    published = publish(rows)
    before = files(tmp_path / "data" / "versions")
    served = roll_back(tmp_path / "data", to=None)
    assert (served.number, served.is_served) == (1, True)
    assert published.readlink() == Path("versions/1")
    assert files(tmp_path / "data" / "versions") == before
    assert [(one.number, one.is_served) for one in kept_versions(tmp_path / "data")] == [
        (1, True),
        (2, False),
    ]


def test_any_kept_version_can_be_rolled_back_to_even_the_newest(
    rows: Rows, publish: Publish, tmp_path: Path
) -> None:
    for _ in range(3):
        publish(rows)
    assert roll_back(tmp_path / "data", to=1).number == 1
    assert roll_back(tmp_path / "data", to=3).number == 3
    assert served_number(tmp_path / "data") == 3


def test_after_a_rollback_the_next_version_has_a_new_number_and_replaces_what_was_served(
    rows: Rows, publish: Publish, tmp_path: Path
) -> None:
    for _ in range(3):
        publish(rows)
    roll_back(tmp_path / "data", to=1)
    published = publish(rows)
    assert published.readlink() == Path("versions/4")
    # not 3, which was rolled back
    assert roll_back(tmp_path / "data", to=None).number == 1


def test_a_version_that_was_never_served_is_not_rolled_back_to_by_default(
    rows: Rows, publish: Publish, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    publish(rows)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(rows)
    assert publish(rows).readlink() == Path("versions/3")
    assert roll_back(tmp_path / "data", to=None).number == 1


def test_the_oldest_version_is_kept_while_it_is_served_after_a_rollback(
    rows: Rows, publish: Publish, tmp_path: Path
) -> None:
    for _ in range(7):
        publish(rows)
    roll_back(tmp_path / "data", to=1)
    published = publish(rows)
    assert published.readlink() == Path("versions/8")
    assert (published / "credits.duckdb").exists()
    assert [one.number for one in kept_versions(tmp_path / "data")] == [2, 3, 4, 5, 6, 7, 8]


def test_a_version_that_is_not_kept_is_refused_and_the_link_stays(
    rows: Rows, publish: Publish, tmp_path: Path
) -> None:
    with pytest.raises(VersionNotFound, match="none is served"):
        roll_back(tmp_path / "data", to=None)
    published = publish(rows)
    with pytest.raises(VersionNotFound, match="7 is not"):
        roll_back(tmp_path / "data", to=7)
    with pytest.raises(VersionNotFound, match="no version before 1"):
        roll_back(tmp_path / "data", to=None)
    assert published.readlink() == Path("versions/1")


def test_a_corrupted_version_is_not_rolled_back_to(rows: Rows, publish: Publish, tmp_path: Path) -> None:
    publish(rows)
    published = publish(rows)
    page = tmp_path / "data" / "versions" / "1" / "report" / "w1.html"
    page.write_text(page.read_text() + " ")
    with pytest.raises(VersionCorrupted, match=r"version 1: report/w1\.html is not what was published"):
        roll_back(tmp_path / "data", to=1)
    assert published.readlink() == Path("versions/2")


def test_every_file_of_a_version_is_in_its_manifest_and_any_change_is_reported(
    rows: Rows, make_warehouse: Callable[[Rows], Path], publish_version: Callable[..., PublishedVersion],
    tmp_path: Path,
) -> None:  # fmt: skip
    version = publish_version(make_warehouse(rows), tmp_path / "data").path
    manifest = read_manifest(version)
    assert manifest is not None
    assert manifest.files.keys() == files(version).keys() - {"manifest.json"}
    assert list(changed_files(version)) == []

    database = version / "credits.duckdb"
    content = database.read_bytes()
    database.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    (version / "parquet" / "usage_daily.parquet").unlink()
    (version / "report" / "planted.html").touch()
    assert list(changed_files(version)) == [
        "version 1: parquet/usage_daily.parquet is missing",
        "version 1: report/planted.html was not published; it was added later",
        "version 1: credits.duckdb is not what was published: its bytes have another hash",
    ]


@pytest.mark.parametrize(
    "text", [None, "", "{}", json.dumps({"published_at": "x", "replaces": 1, "files": {}})]
)
def test_a_missing_or_unreadable_manifest_is_reported(
    rows: Rows, publish: Publish, tmp_path: Path, text: str | None
) -> None:
    version = publish(rows).resolve()
    (version / "manifest.json").unlink() if text is None else (version / "manifest.json").write_text(text)
    assert ["no readable manifest.json" in one for one in changed_files(version)] == [True]
    assert [one.number for one in kept_versions(tmp_path / "data")] == [1]


def test_a_version_with_an_unreadable_manifest_is_not_rolled_back_to(
    rows: Rows, publish: Publish, tmp_path: Path
) -> None:
    first = publish(rows).resolve()
    publish(rows)
    (first / "manifest.json").write_text("{")
    with pytest.raises(VersionCorrupted, match="no readable manifest"):
        roll_back(tmp_path / "data", to=1)
    # older releases wrote none
    (first / "manifest.json").unlink()
    assert roll_back(tmp_path / "data", to=1).is_served
