"""The lake is checked against the manifests of its batches; every difference is reported."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.lake.batch_writer import TABLES
from orchestration.lake.integrity import check_lake, missing_files
from orchestration.lake.lake import Lake

EVENT = {
    "occurred_at": "2026-04-07T09:30:00Z",
    "workspace_id": "w1",
    "member_id": "m1",
    "product_id": "p1",
    "generation_type": "description",
    "credits": "1.25",
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Three batches of one generation each."""
    folder = tmp_path / "landing" / "generation_events"
    folder.mkdir(parents=True)
    lake = Lake(tmp_path / "raw")
    for number in (1, 2, 3):
        (folder / f"{number}.jsonl").write_text(json.dumps(EVENT | {"event_id": f"e{number}"}) + "\n")
        lake.ingest(tmp_path / "landing", now=datetime(2026, 4, 8, tzinfo=UTC))
    return lake


def test_a_manifest_has_hash_size_and_rows_of_every_file(lake: Lake) -> None:
    for batch in lake.batches():
        files = json.loads((batch / "manifest.json").read_text())["files"]
        assert files.keys() == {f"{name}.parquet" for name in TABLES}
        for name, entry in files.items():
            content = (batch / name).read_bytes()
            assert entry == {
                "sha256": sha256(content).hexdigest(),
                "bytes": len(content),
                "rows": pq.read_metadata(batch / name).num_rows,
            }
        assert files["generation_events.parquet"]["rows"] == 1


def test_an_unchanged_lake_has_no_difference(lake: Lake) -> None:
    assert list(check_lake(lake)) == []


def test_one_flipped_bit_is_found(lake: Lake) -> None:
    file = lake.batches()[1] / "members.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    (difference,) = check_lake(lake)
    assert difference.startswith("batch 2: members.parquet is not what was committed")


def test_a_missing_file_a_foreign_file_and_a_lost_manifest_are_reported(lake: Lake) -> None:
    first, second, third = lake.batches()
    (first / "quarantine.parquet").unlink()
    (second / "notes.txt").write_text("hello")
    (second / "products.parquet.new").write_bytes(b"half")
    (third / "manifest.json").unlink()
    differences = list(check_lake(lake))
    assert [text.split(".")[0] for text in differences] == [
        "batch 1: quarantine",
        "batch 2: notes",
        "batch 2: products",
        "batch 3 has no manifest",
    ]


def test_an_unreadable_manifest_is_reported_and_the_other_batches_are_still_checked(lake: Lake) -> None:
    for batch, text in zip(lake.batches(), ["[]", '{"files": {"a": {}}}', "{"], strict=True):
        (batch / "manifest.json").write_text(text)
    differences = list(check_lake(lake))
    assert [text.split(":")[0] for text in differences] == ["batch 1", "batch 2", "batch 3"]
    assert all("Restore" in text for text in differences)


def test_a_removed_batch_is_reported_as_missing(lake: Lake) -> None:
    shutil.rmtree(lake.batches()[0])
    shutil.rmtree(lake.batches()[0])
    assert [text.split(",")[0] for text in check_lake(lake)] == ["batch 1 is missing", "batch 2 is missing"]


def test_a_file_that_is_missing_or_cannot_be_read_is_found_without_reading_all(lake: Lake) -> None:
    assert list(missing_files(lake)) == []
    first, second, third = lake.batches()
    (first / "members.parquet").unlink()
    (second / "products.parquet").write_bytes(b"cut")
    # an interrupted erasure, which the next run completes
    (third / "members.parquet").write_bytes(b"old")
    (third / "members.parquet.new").write_bytes(b"new")
    sentences = list(missing_files(lake))
    assert [sentence.partition(":")[0] for sentence in sentences] == ["batch 1", "batch 2"]
    assert all("Restore it from a backup" in sentence for sentence in sentences)
    shutil.rmtree(second)
    assert next(missing_files(lake)).startswith("batch 2 is missing")
