"""A broken delivery is refused by file, line, rule and reason, and takes no good line with it.

Each fault is injected between good files of a landing folder, which is then really loaded.
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
from faults.hostile_parquet import mutated_parquet
from support.fault_table import Faults

from orchestration.lake import landing_files
from orchestration.lake.ingest_report import IngestReport
from orchestration.lake.lake import Lake
from orchestration.lake.sources.derivation import derive

NOW = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)
INJECTORS = FILE_FAULTS | VALUE_FAULTS
# injected below, because they take more than one load
SEVERAL_LOADS = {
    *("same name with other bytes", "a file changing while it is read", "100,000 tiny files"),
    "broken records of another system",
    "Parquet with bytes changed by a seed",
}
# these only show in what is published
WHEN_PUBLISHED = {
    *("a workspace that changes zone", "events days late", "the same event in two files"),
    *("same key with other content", "a retraction before its event", "an outcome before its event"),
    "an empty day",
}
ORDINARY, SLOW = range(1), range(1, 25)
MUTATED, MUTATED_AT_ONCE = 20_000, 200


def good_rows(rng: Random, prefix: str, count: int) -> list[Row]:
    """Rows that meet the contract, with ids of this prefix."""
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
class Load:
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
def load(tmp_path: Path) -> Load:
    folder = tmp_path / "landing" / FEED
    folder.mkdir(parents=True)
    return Load(tmp_path / "landing", Lake(tmp_path / "data" / "raw", options=CAPS))


def test_every_fault_of_files_and_values_has_an_injector() -> None:
    assert {*INJECTORS, *SEVERAL_LOADS, *WHEN_PUBLISHED} == {*FILES, *VALUES}


@pytest.mark.parametrize("seed", [*ORDINARY, *(pytest.param(seed, marks=pytest.mark.slow) for seed in SLOW)])
@pytest.mark.parametrize("fault", INJECTORS)
def test_a_broken_delivery_takes_no_good_line_with_it(
    fault: str, seed: int, load: Load, faults: Faults
) -> None:
    rng = Random(f"{fault} {seed}")
    with faults.injection(fault):
        _inject_and_check(INJECTORS[fault], rng, load)


def _inject_and_check(inject: Injector, rng: Random, load: Load) -> None:
    good = [loaded_good_file(load, rng, name) for name in ("a-before", "zz-after")]
    rows = good_rows(rng, "broken", rng.randint(2, 40))
    expected = [*inject(rows, rng, load.folder), *good]

    load.ingest()
    assert_as_expected(load, expected)

    before = (load.table(FEED), load.table("quarantine"), load.table("deliveries"))
    assert load.ingest().batch_id is None
    assert (load.table(FEED), load.table("quarantine"), load.table("deliveries")) == before

    write(load.folder, "corrected.jsonl", json_lines([*rows, *good_rows(rng, "corrected", 1)]))
    load.ingest()
    assert {*ids_of(rows), "corrected-0"} <= set(load.event_ids())
    assert_every_line_is_explained(load)


def loaded_good_file(load: Load, rng: Random, name: str) -> Expected:
    """A good file, named before or after the broken one."""
    rows = good_rows(rng, name, rng.randint(1, 20))
    return loaded(write(load.folder, f"{name}.jsonl", json_lines(rows)), rows)


def assert_as_expected(load: Load, expected: list[Expected]) -> None:
    ids, found = defaultdict(list), {}
    for row in load.table(FEED):
        ids[row["file_path"]].append(row["event_id"])
        found[row["event_id"]] = row
    refused = defaultdict(list)
    for row in load.table("quarantine"):
        refused[row["file_path"]].append((row["line_number"], row["text"], row["rule"]))
        assert row["reason"] and row["remedy"] and row["feed"] == FEED
    accounts = {row["file_path"]: row for row in load.table("deliveries")}
    assert sorted(map(str, accounts)) == sorted(each.file for each in expected)
    for each in expected:
        account = accounts[each.file]
        counts = [account[name] for name in ("line_count", "accepted_count", "quarantined_count")]
        assert [account["status"], *counts] == [each.status, each.lines, each.accepted, each.quarantined]
        assert tuple(ids[each.file]) == each.accepted_ids
        assert refused[each.file] == [(number, text, each.rule) for number, text in each.refused]
        for event_id, column, value in each.stored:
            assert found[event_id][column] == value
    assert_every_line_is_explained(load)


def assert_every_line_is_explained(load: Load) -> None:
    """Every line of the lake is accepted or quarantined: by the manifest, and by the stored rows."""
    deliveries = load.table("deliveries")
    total = {
        name: sum(int(str(row[name])) for row in deliveries) for name in deliveries[0] if "_count" in name
    }
    assert total["line_count"] == total["accepted_count"] + total["quarantined_count"]
    rows, refused = load.table(FEED), load.table("quarantine")
    assert total["accepted_count"] == len(rows)
    lines_of_loaded = sum(
        int(str(row["quarantined_count"])) for row in deliveries if row["status"] == "loaded"
    )
    assert lines_of_loaded == sum(row["line_number"] is not None for row in refused)
    promised = sum((Decimal(str(row["accepted_credits"])) for row in deliveries), Decimal(0))
    assert promised == sum((Decimal(str(row["credits"])) for row in rows), Decimal(0))


@pytest.mark.parametrize("seed", ORDINARY)
def test_a_known_name_with_different_bytes_is_a_new_delivery(seed: int, load: Load, faults: Faults) -> None:
    rng = Random(seed)
    first, second = good_rows(rng, "first", 5), good_rows(rng, "second", 7)
    with faults.injection("same name with other bytes"):
        write(load.folder, "again.jsonl", json_lines(first))
        load.ingest()
        write(load.folder, "again.jsonl", json_lines([*second, *first]))
        report = load.ingest()

        assert load.event_ids() == [*ids_of(first), *ids_of(second), *ids_of(first)]
        assert [row["replaces_earlier"] for row in load.table("deliveries")] == [False, True]
        assert any("again.jsonl" in warning for warning in report.warnings)
        assert load.ingest().batch_id is None
        assert_every_line_is_explained(load)


@pytest.mark.parametrize(
    "seed",
    [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, MUTATED // MUTATED_AT_ONCE))],
)
def test_parquet_with_changed_bytes_ends_no_run_and_takes_no_good_file_with_it(
    seed: int, load: Load, faults: Faults
) -> None:
    rng = Random(f"Parquet {seed}")
    good = [loaded_good_file(load, rng, name) for name in ("a-before", "zz-after")]
    for number in range(MUTATED_AT_ONCE):
        write(load.folder, f"mutated-{number:04}.parquet", mutated_parquet(rng))
    with faults.injection("Parquet with bytes changed by a seed", times=MUTATED_AT_ONCE):
        load.ingest()

        rows = load.table("deliveries")
        assert len(rows) == MUTATED_AT_ONCE + len(good)
        assert all(row["status"] in ("loaded", "alias") or row["reason"] for row in rows)
        refused = {row["file_path"]: row for row in load.table("quarantine")}
        for row in rows:
            assert row["status"] != "rejected" or refused[row["file_path"]]["remedy"]
        assert {str(row["file_path"]): row["accepted_count"] for row in rows}.items() >= {
            each.file: each.accepted for each in good
        }.items()
        assert_every_line_is_explained(load)
        assert load.ingest().batch_id is None


MAPPING = """
reads: {format: jsonl}
feeds:
  generation_events:
    event_id: event_id
    occurred_at: {path: occurred_at, zone: UTC}
    workspace_id: workspace_id
    generation_type: generation_type
    credits: credits
"""
BROKEN_RECORDS = (
    "{", "[1, 2]", "null", '"text"', '{"event_id": "x", "event_id": "y"}', '{"a": NaN}', "\x00", "\udcff",
    '{"event_id": {"deep": ' + "[" * 70 + "]" * 70 + "}}", '{"event_id": 1e400}', '{"credits": "1,5"}',
    '{"event_id": "\\u0000"}', '{"event_id": "e", "occurred_at": "31.02.2026"}', '{"event_id": ["e"]}', "{}",
    '{"event_id": "\'; drop table raw.deliveries; --", "occurred_at": 0}', "x" * 9000,
)  # fmt: skip


@pytest.mark.parametrize("seed", ORDINARY)
def test_a_broken_record_takes_no_good_record_with_it(seed: int, load: Load, faults: Faults) -> None:
    rng = Random(seed)
    rows = good_rows(rng, "mapped", 40)
    first, *others = map(json.dumps, rows)
    others += BROKEN_RECORDS
    rng.shuffle(others)
    texts = [first, *others]  # a NUL in the first bytes would be UTF-16
    folder = load.landing / "other system"
    folder.mkdir()
    (folder / "mapping.yml").write_text(MAPPING)
    with faults.injection("broken records of another system", times=len(BROKEN_RECORDS)):
        content = "\n".join(texts).encode("utf-8", "surrogateescape")
        (folder / "log of a day").write_bytes(content)
        load.ingest()
        derive(load.lake)

        assert [row["reason"] for row in load.table("deliveries")] == [None]
        derived = load.lake.derived
        found = [row for path in derived.paths(FEED) for row in pq.read_table(path).to_pylist()]
        assert sorted(row["event_id"] for row in found) == sorted(ids_of(rows))
        assert {row["event_id"]: row["credits"] for row in found} == {
            row["event_id"]: Decimal(str(row["credits"])) for row in rows
        }
        refused = load.table("quarantine")
        refused += [row for path in derived.paths("quarantine") for row in pq.read_table(path).to_pylist()]
        assert len(refused) == len(BROKEN_RECORDS)
        assert all(row["reason"] and row["remedy"] and row["line_number"] for row in refused)
        assert load.ingest().batch_id is None


@pytest.mark.parametrize("seed", range(6))
def test_a_file_that_changes_while_it_is_read_waits_for_the_next_run(
    seed: int, load: Load, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = Random(seed)
    rows = good_rows(rng, "growing", 400)
    good = loaded_good_file(load, rng, "a-before")
    file = write(load.folder, "growing.jsonl", json_lines(rows[:300]))
    read, change = landing_files.OpenFile.read, ["growing", "again", "touched"][seed // 2]

    def read_while_written(self: landing_files.OpenFile, size: int = -1, /) -> bytes:
        data = read(self, size)
        if os.fstat(self._handle.fileno()).st_ino == (load.landing / file).stat().st_ino:
            if change == "growing":
                with (load.landing / file).open("ab") as growing:
                    growing.write(json_lines(rows[300:310]))
            elif change == "again":
                (load.landing / file).write_bytes(json_lines(rows[:200]))
            else:
                os.utime(load.landing / file)
        return data

    monkeypatch.setattr(landing_files, "_IN_MEMORY_BYTES", [0, 1 << 24][seed % 2])
    with faults.injection("a file changing while it is read"):
        with monkeypatch.context() as patched:
            patched.setattr(landing_files.OpenFile, "read", read_while_written)
            report = load.ingest()
        assert_as_expected(load, [good])
        assert any("changes while it is read" in warning for warning in report.warnings)

        (load.landing / file).write_bytes(json_lines(rows))
        load.ingest()
        assert_as_expected(load, [good, loaded(file, rows)])


def test_a_file_that_another_process_is_writing_is_never_half_loaded(load: Load, faults: Faults) -> None:
    rows = good_rows(Random(7), "slow", 20_000)
    done = threading.Event()

    def write_slowly() -> None:
        with (load.folder / "slow.jsonl").open("wb", buffering=0) as slow:
            for start in range(0, len(rows), 100):
                slow.write(json_lines(rows[start : start + 100]))
                time.sleep(0.002)
        done.set()

    with faults.injection("a file changing while it is read"):
        writer = threading.Thread(target=write_slowly)
        writer.start()
        while not done.is_set():
            load.ingest()
        writer.join()
        load.ingest()

        # an early state may have loaded as a delivery, and what it grew by as the next
        assert load.event_ids() == list(ids_of(rows))
        assert_every_line_is_explained(load)


@pytest.mark.slow
def test_a_hundred_thousand_tiny_files_load_in_under_a_minute(load: Load, faults: Faults) -> None:
    rows = good_rows(Random(1), "tiny", 100_000)
    for number, row in enumerate(rows):
        data = json.dumps(row) if number % 1000 else f"nope {number}"
        (load.folder / f"{number:06}.jsonl").write_text(data)
    with faults.injection("100,000 tiny files"):
        start = time.monotonic()
        load.ingest()
        assert time.monotonic() - start < 60

        kept = [row for number, row in enumerate(rows) if number % 1000]
        assert load.event_ids() == list(ids_of(kept))
        assert len(load.table("quarantine")) == 100
        assert_every_line_is_explained(load)
        assert load.ingest().batch_id is None
