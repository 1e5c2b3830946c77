"""A broken delivery is refused by file, line, rule and reason, and takes no good line with it.

Each fault is injected beside good files into a landing folder that is then loaded for real.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest
from faults.broken_files import (
    CAPS,
    FEED,
    FILE_FAULTS,
    Expected,
    Injector,
    Row,
    ids_of,
    json_lines,
    loaded,
    write,
)
from faults.broken_values import VALUE_FAULTS
from faults.catalogue import FILES, VALUES
from support.fault_table import Faults

from orchestration.lake import landing_files
from orchestration.lake.ingest_report import IngestReport
from orchestration.lake.lake import Lake

NOW = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)
INJECTORS = FILE_FAULTS | VALUE_FAULTS
# injected below, since they take more than one load
OF_THEIR_OWN = {"same name with other bytes", "a file changing while it is read", "100,000 tiny files"}
# what these mean is decided after the lake
WHEN_PUBLISHED = {
    *("a workspace that changes zone", "events days late", "the same event in two files"),
    *("same key with other content", "a retraction before its event", "an outcome before its event"),
    "an empty day",
}
ORDINARY, SLOW = range(3), range(3, 25)


def good_rows(rng: Random, prefix: str, count: int) -> list[Row]:
    """Rows that meet the contract, with ids of their own."""
    return [
        {
            "event_id": f"{prefix}-{number}",
            "occurred_at": f"2026-04-0{rng.randint(1, 7)}T{rng.randint(10, 23)}:{rng.randint(10, 59)}:00Z",
            "workspace_id": f"w{rng.randint(1, 3)}",
            "member_id": f"m{rng.randint(1, 5)}",
            "product_id": f"p{rng.randint(1, 9)}",
            "generation_type": rng.choice(["description", "meta", "bullets"]),
            "credits": str(Decimal(rng.randint(0, 10**7)).scaleb(-rng.randint(0, 6))),
        }
        for number in range(count)
    ]


@dataclass(frozen=True)
class Scene:
    """A landing folder and the lake it is loaded into."""

    landing: Path
    lake: Lake

    @property
    def folder(self) -> Path:
        return self.landing / FEED

    def ingest(self) -> IngestReport:
        return self.lake.ingest(self.landing, now=NOW)

    def table(self, name: str) -> list[dict[str, object]]:
        return [row for path in self.lake.paths(name) for row in pq.read_table(path).to_pylist()]

    def event_ids(self) -> list[object]:
        return [row["event_id"] for row in self.table(FEED)]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    folder = tmp_path / "landing" / FEED
    folder.mkdir(parents=True)
    return Scene(tmp_path / "landing", Lake(tmp_path / "data" / "raw", options=CAPS))


def test_every_fault_of_files_and_values_has_an_injector() -> None:
    assert {*INJECTORS, *OF_THEIR_OWN, *WHEN_PUBLISHED} == {*FILES, *VALUES}


@pytest.mark.parametrize("seed", [*ORDINARY, *(pytest.param(seed, marks=pytest.mark.slow) for seed in SLOW)])
@pytest.mark.parametrize("fault", INJECTORS)
def test_a_broken_delivery_takes_no_good_line_with_it(
    fault: str, seed: int, scene: Scene, faults: Faults
) -> None:
    rng = Random(f"{fault} {seed}")
    with faults.injection(fault):
        _inject_and_look(INJECTORS[fault], rng, scene)


def _inject_and_look(inject: Injector, rng: Random, scene: Scene) -> None:
    beside = [loaded_beside(scene, rng, name) for name in ("a-before", "zz-after")]
    rows = good_rows(rng, "spoilt", rng.randint(2, 40))
    expected = [*inject(rows, rng, scene.folder), *beside]

    scene.ingest()
    assert_as_expected(scene, expected)

    before = (scene.table(FEED), scene.table("quarantine"), scene.table("deliveries"))
    assert scene.ingest().batch_id is None
    assert (scene.table(FEED), scene.table("quarantine"), scene.table("deliveries")) == before

    write(scene.folder, "corrected.jsonl", json_lines([*rows, *good_rows(rng, "corrected", 1)]))
    scene.ingest()
    assert {*ids_of(rows), "corrected-0"} <= set(scene.event_ids())
    assert_every_line_is_explained(scene)


def loaded_beside(scene: Scene, rng: Random, name: str) -> Expected:
    """A good file, before or after the broken one in the order of names."""
    rows = good_rows(rng, name, rng.randint(1, 20))
    return loaded(write(scene.folder, f"{name}.jsonl", json_lines(rows)), rows)


def assert_as_expected(scene: Scene, expected: list[Expected]) -> None:
    ids, found = defaultdict(list), {}
    for row in scene.table(FEED):
        ids[row["file_path"]].append(row["event_id"])
        found[row["event_id"]] = row
    refused = defaultdict(list)
    for row in scene.table("quarantine"):
        refused[row["file_path"]].append((row["line_number"], row["text"], row["rule"]))
        assert row["reason"] and row["remedy"] and row["feed"] == FEED
    accounts = {row["file_path"]: row for row in scene.table("deliveries")}
    assert sorted(map(str, accounts)) == sorted(each.file for each in expected)
    for each in expected:
        account = accounts[each.file]
        counts = [account[name] for name in ("line_count", "accepted_count", "quarantined_count")]
        assert [account["status"], *counts] == [each.status, each.lines, each.accepted, each.quarantined]
        assert tuple(ids[each.file]) == each.accepted_ids
        assert refused[each.file] == [(number, text, each.rule) for number, text in each.refused]
        for event_id, column, value in each.stored:
            assert found[event_id][column] == value
    assert_every_line_is_explained(scene)


def assert_every_line_is_explained(scene: Scene) -> None:
    """The clearing equation of the lake: by the manifest, and by the rows that are there."""
    deliveries = scene.table("deliveries")
    total = {
        name: sum(int(str(row[name])) for row in deliveries) for name in deliveries[0] if "_count" in name
    }
    assert total["line_count"] == total["accepted_count"] + total["quarantined_count"]
    rows, refused = scene.table(FEED), scene.table("quarantine")
    assert total["accepted_count"] == len(rows)
    lines_of_loaded = sum(
        int(str(row["quarantined_count"])) for row in deliveries if row["status"] == "loaded"
    )
    assert lines_of_loaded == sum(row["line_number"] is not None for row in refused)
    promised = sum((Decimal(str(row["accepted_credits"])) for row in deliveries), Decimal(0))
    assert promised == sum((Decimal(str(row["credits"])) for row in rows), Decimal(0))


@pytest.mark.parametrize("seed", ORDINARY)
def test_a_name_that_comes_again_with_other_bytes_is_a_new_delivery(
    seed: int, scene: Scene, faults: Faults
) -> None:
    rng = Random(seed)
    first, second = good_rows(rng, "first", 5), good_rows(rng, "second", 7)
    with faults.injection("same name with other bytes"):
        write(scene.folder, "again.jsonl", json_lines(first))
        scene.ingest()
        write(scene.folder, "again.jsonl", json_lines([*first, *second]))
        report = scene.ingest()

        assert scene.event_ids() == [*ids_of(first), *ids_of(first), *ids_of(second)]
        assert [row["replaces_earlier"] for row in scene.table("deliveries")] == [False, True]
        assert any("again.jsonl" in warning for warning in report.warnings)
        assert scene.ingest().batch_id is None
        assert_every_line_is_explained(scene)


@pytest.mark.parametrize("seed", range(6))
def test_a_file_that_changes_while_it_is_read_waits_for_the_next_night(
    seed: int, scene: Scene, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = Random(seed)
    rows = good_rows(rng, "growing", 400)
    beside = loaded_beside(scene, rng, "a-before")
    file = write(scene.folder, "growing.jsonl", json_lines(rows[:300]))
    read, change = landing_files.OpenFile.read, ["growing", "again", "touched"][seed // 2]

    def read_while_written(self: landing_files.OpenFile, size: int = -1, /) -> bytes:
        data = read(self, size)
        if os.fstat(self._handle.fileno()).st_ino == (scene.landing / file).stat().st_ino:
            if change == "growing":
                with (scene.landing / file).open("ab") as growing:
                    growing.write(json_lines(rows[300:310]))
            elif change == "again":
                (scene.landing / file).write_bytes(json_lines(rows[:200]))
            else:
                os.utime(scene.landing / file)
        return data

    monkeypatch.setattr(landing_files, "_IN_MEMORY_BYTES", [0, 1 << 24][seed % 2])
    with faults.injection("a file changing while it is read"):
        with monkeypatch.context() as patched:
            patched.setattr(landing_files.OpenFile, "read", read_while_written)
            report = scene.ingest()
        assert_as_expected(scene, [beside])
        assert any("changes while it is read" in warning for warning in report.warnings)

        (scene.landing / file).write_bytes(json_lines(rows))
        scene.ingest()
        assert_as_expected(scene, [beside, loaded(file, rows)])


def test_a_file_that_another_process_goes_on_writing_is_never_half_loaded(
    scene: Scene, faults: Faults
) -> None:
    rows = good_rows(Random(7), "slow", 20_000)
    done = threading.Event()

    def write_slowly() -> None:
        with (scene.folder / "slow.jsonl").open("wb", buffering=0) as slow:
            for start in range(0, len(rows), 100):
                slow.write(json_lines(rows[start : start + 100]))
                time.sleep(0.002)
        done.set()

    with faults.injection("a file changing while it is read"):
        writer = threading.Thread(target=write_slowly)
        writer.start()
        while not done.is_set():
            scene.ingest()
        writer.join()
        scene.ingest()

        # what was there at some instant may have been a delivery; what counts is the last one, whole
        last = max(int(str(row["batch_id"])) for row in scene.table(FEED))
        newest = [row["event_id"] for row in scene.table(FEED) if row["batch_id"] == last]
        assert newest == list(ids_of(rows))
        assert_every_line_is_explained(scene)


@pytest.mark.slow
def test_a_hundred_thousand_tiny_files_load_in_under_a_minute(scene: Scene, faults: Faults) -> None:
    rows = good_rows(Random(1), "tiny", 100_000)
    for number, row in enumerate(rows):
        data = json.dumps(row) if number % 1000 else f"nope {number}"
        (scene.folder / f"{number:06}.jsonl").write_text(data)
    with faults.injection("100,000 tiny files"):
        start = time.monotonic()
        scene.ingest()
        assert time.monotonic() - start < 60

        kept = [row for number, row in enumerate(rows) if number % 1000]
        assert scene.event_ids() == list(ids_of(kept))
        assert len(scene.table("quarantine")) == 100
        assert_every_line_is_explained(scene)
        assert scene.ingest().batch_id is None
