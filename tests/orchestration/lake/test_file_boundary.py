"""Whatever a file makes of its reader or its typing rejects that file only; a broken disk rejects none.

What readers are known to reject is tested in landing/.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.lake import ingestion
from orchestration.lake.ingest_report import IngestReport
from orchestration.lake.lake import Lake
from orchestration.landing.formats import dispatch
from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.typing.row_typer import RowTyper

NOW = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)
BAD = "generation_events/bad.jsonl"


def event(name: str) -> str:
    row = {"event_id": name, "occurred_at": "2026-04-07T09:30:00Z", "workspace_id": "w1"}
    return json.dumps(row | {"generation_type": "meta", "credits": 1}) + "\n"


class Landing:
    """Three files of which one makes something raise."""

    def __init__(self, folder: Path) -> None:
        (folder / "landing" / "generation_events").mkdir(parents=True)
        self.lake = Lake(folder / "raw")
        self.path = folder / "landing"
        for name in ("a", "bad", "c"):
            (self.path / "generation_events" / f"{name}.jsonl").write_text(event(name))

    def ingest(self) -> IngestReport:
        return self.lake.ingest(self.path, now=NOW)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [row for path in self.lake.paths(table) for row in pq.read_table(path).to_pylist()]

    def events(self) -> list[str]:
        return [row["event_id"] for row in self.rows("generation_events")]


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path)


def raising(error: Exception) -> Any:
    """A reader of JSON lines that raises at a file."""
    read = dispatch.json_line_chunks

    def chunks(blocks: Iterator[bytes], *arguments: Any) -> Iterator[Chunk]:
        whole = list(blocks)
        if b'"bad"' in b"".join(whole):
            raise error
        yield from read(iter(whole), *arguments)

    return chunks


def test_an_exception_of_a_reader_rejects_its_file_by_name(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "json_line_chunks", raising(KeyError("nobody imagined it")))
    landing.ingest()
    assert landing.events() == ["a", "c"]
    (line,) = landing.rows("quarantine")
    assert (line["file_path"], line["rule"], line["value"]) == (BAD, "file.unreadable", "KeyError")
    assert "nobody imagined it" in line["reason"]
    assert landing.ingest().batch_id is None


def test_an_exception_of_the_typing_rejects_the_file_that_makes_it(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = RowTyper.read

    def typed(self: RowTyper, documents: Any) -> Any:
        if any('"bad"' in text for text in documents.to_pylist()):
            raise OverflowError("too large")
        return read(self, documents)

    monkeypatch.setattr(RowTyper, "read", typed)
    landing.ingest()
    assert landing.events() == ["a", "c"]
    assert [(line["file_path"], line["rule"]) for line in landing.rows("quarantine")] == [
        (BAD, "file.unreadable")
    ]


def test_typing_that_fails_without_a_file_ends_the_run(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(self: RowTyper, documents: Any) -> Any:
        raise RuntimeError("the typing is broken")

    monkeypatch.setattr(RowTyper, "read", typed)
    with pytest.raises(ValueError, match="the typing is broken"):
        landing.ingest()
    assert landing.lake.batches() == []


def test_a_disk_that_does_not_give_a_file_leaves_it_for_the_next_run(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "json_line_chunks", raising(OSError(errno.EIO, "Input/output error")))
        report = landing.ingest()
    assert landing.events() == ["a", "c"]
    assert landing.rows("quarantine") == []
    assert any(BAD in warning and "Input/output error" in warning for warning in report.warnings)
    landing.ingest()
    assert landing.events() == ["a", "c", "bad"]


def test_a_full_disk_ends_the_run(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ingestion.BatchWriter, "write", full)
    with pytest.raises(OSError, match="No space left"):
        landing.ingest()
    assert landing.lake.batches() == []


def test_a_large_file_without_a_row_is_rejected_as_a_whole(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "_MOST_WITHOUT_ROW", 100_000)
    (landing.path / BAD).write_text("1\n" * 200_000)
    landing.ingest()
    assert landing.events() == ["a", "c"]
    (line,) = landing.rows("quarantine")
    assert (line["file_path"], line["line_number"], line["rule"]) == (BAD, None, "file.no_row")
