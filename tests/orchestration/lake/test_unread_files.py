"""What lies outside the folders of feeds is named with the feed that was probably meant, every run."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.lake import unread_files
from orchestration.lake.lake import Lake
from orchestration.lake.unread_files import unread_entries

NOW = datetime(2026, 5, 2, 1, 0, tzinfo=UTC)


def write(landing: Path, *names: str) -> None:
    for name in names:
        (landing / name).parent.mkdir(parents=True, exist_ok=True)
        (landing / name).write_text("x")


@pytest.mark.parametrize(
    ("name", "feed"),
    [
        ("Generation_Events/a.jsonl", "generation_events"),
        ("generation-events/a.jsonl", "generation_events"),
        ("GenerationEvents/a.jsonl", "generation_events"),
        ("generation events.csv", "generation_events"),
        ("credit_entry.jsonl", "credit_entries"),
        ("outcomes/2026/05/a.jsonl", "content_outcomes"),
        ("member.csv", "members"),
        ("invoices/a.csv", None),
        ("2026-05-01.jsonl.gz", None),
    ],
)
def test_the_feed_that_was_probably_meant_is_named(tmp_path: Path, name: str, feed: str | None) -> None:
    write(tmp_path, name)
    (entry,) = unread_entries(tmp_path)
    assert entry.reason.partition("; the feed is called ")[2] == (feed or "")


def test_a_folder_is_named_with_a_few_of_its_files(tmp_path: Path) -> None:
    write(tmp_path, *(f"logs/{n}/a.jsonl" for n in range(9)), "logs/.hidden", "logs/_half/a", "one/a.csv")
    write(tmp_path, ".git/config", "_tmp/a", "members/a.csv", "top.csv")
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "logs")
    found = {entry.name: entry.reason for entry in unread_entries(tmp_path)}
    assert list(found) == ["link", "logs/", "one/", "top.csv"]
    assert found["logs/"] == (
        "the folder is no feed's, and holds 0/a.jsonl, 1/a.jsonl, 2/a.jsonl and 6 more; "
        "a mapping.yml in it would make it readable (credits connect)"
    )
    assert "holds a.csv; a mapping.yml" in found["one/"]


def test_a_folder_of_very_many_files_is_not_counted_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread_files, "_MOST_COUNTED", 5)
    write(tmp_path, *(f"logs/{n}.jsonl" for n in range(9)))
    assert unread_entries(tmp_path)[0].reason.count(" and many more; ") == 1


def test_a_name_that_is_not_utf_8_is_stored_escaped(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.csv")).write_text("x")
    assert [entry.name for entry in unread_entries(tmp_path)] == ["\\xff.csv"]


def test_the_newest_batch_lists_what_is_not_read_now(tmp_path: Path) -> None:
    landing, lake = tmp_path / "landing", Lake(tmp_path / "raw")

    def unread() -> list[str]:
        rows = pq.read_table(lake.paths("deliveries")[-1]).to_pylist()
        return [row["file_path"] for row in rows if row["status"] == "unread"]

    write(landing, "events.jsonl")
    assert lake.ingest(landing, now=NOW).batch_id == 1
    assert unread() == ["events.jsonl"]
    # nothing is new
    report = lake.ingest(landing, now=NOW)
    assert report.batch_id is None and "events.jsonl was not read" in report.warnings[0]
    # a delivery is new, and the file still there
    write(landing, "members/a.csv")
    assert lake.ingest(landing, now=NOW).batch_id == 2
    assert unread() == ["events.jsonl"]
    (landing / "events.jsonl").unlink()
    assert lake.ingest(landing, now=NOW).batch_id == 3
    assert unread() == []
    assert lake.ingest(landing, now=NOW).batch_id is None
