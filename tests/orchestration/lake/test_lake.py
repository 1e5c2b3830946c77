"""The lake loads each new file once, completely or not at all, and accounts for every line.

Rows and formats are tested in landing/.
"""

import gzip
import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.lake import landing_files, typed_files
from orchestration.lake.batch_manifest import read_manifest, write_manifest
from orchestration.lake.batch_writer import TABLES, BatchWriter
from orchestration.lake.delivery import UnexplainedLines
from orchestration.lake.ingest_report import IngestReport
from orchestration.lake.lake import Lake
from orchestration.landing.contract import FEEDS
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import LandingError

NOW = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)
REAL = Path(__file__).parents[4] / "shared" / "data" / "real_usage" / "landing"
SMALL = ReadOptions(chunk_bytes=2000, chunk_rows=10, max_line_bytes=1000)


def event(number: int, **values: object) -> dict[str, object]:
    return {
        "event_id": f"e{number}",
        "occurred_at": "2026-04-07T09:30:00Z",
        "workspace_id": "w1",
        "member_id": "m1",
        "product_id": "p1",
        "generation_type": "description",
        "credits": "1.25",
    } | values


def lines(*rows: object) -> bytes:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    directory = tmp_path / "landing"
    directory.mkdir()
    return directory


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "data" / "raw")


def deliver(landing: Path, name: str, data: bytes) -> Path:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def ingest(lake: Lake, landing: Path) -> IngestReport:
    return lake.ingest(landing, now=NOW)


def table(lake: Lake, name: str) -> list[dict[str, object]]:
    return [row for path in lake.paths(name) for row in pq.read_table(path).to_pylist()]


def event_ids(lake: Lake) -> list[object]:
    return [row["event_id"] for row in table(lake, "generation_events")]


def statuses(lake: Lake) -> dict[object, object]:
    return {row["file_path"]: row["status"] for row in table(lake, "deliveries")}


def rules(lake: Lake) -> list[tuple[object, object, object]]:
    return [(row["file_path"], row["line_number"], row["rule"]) for row in table(lake, "quarantine")]


def test_an_empty_landing_directory_commits_one_empty_batch_and_no_more(lake: Lake, landing: Path) -> None:
    assert ingest(lake, landing).batch_id == 1
    assert ingest(lake, landing).batch_id is None
    (batch,) = lake.batches()
    files = {f"{name}.parquet" for name in TABLES}
    assert {path.name for path in batch.iterdir()} == files | {"manifest.json"}
    for name, feed in FEEDS.items():
        assert pq.read_schema(lake.paths(name)[0]).equals(feed.raw_schema)


def test_a_row_is_stored_typed_with_its_origin(lake: Lake, landing: Path) -> None:
    deliver(landing, "generation_events/2026/a.jsonl", b"\n" + lines(event(1, new="x")))
    report = ingest(lake, landing)
    (row,) = table(lake, "generation_events")
    assert row["credits"] == Decimal("1.250000")
    assert row["occurred_at"] == datetime(2026, 4, 7, 9, 30, tzinfo=UTC)
    assert (row["source"], row["status"]) == ("native", "succeeded")
    assert row["attributes"] == '{"new":"x"}'
    assert (row["batch_id"], row["file_path"], row["line_number"]) == (1, "generation_events/2026/a.jsonl", 2)
    events = report.feeds[0]
    assert (events.files_loaded, events.lines, events.accepted, events.quarantined) == (1, 1, 1, 0)
    assert events.accepted_credits == Decimal("1.25")
    assert any("new" in warning for warning in report.warnings)


def test_a_bad_line_is_quarantined_with_its_text_and_the_others_load(lake: Lake, landing: Path) -> None:
    bad = json.dumps(event(2, credits="-1"))
    path = deliver(landing, "generation_events/a.jsonl", lines(event(1), bad, "nope", event(3)) + b"\xff\r\n")
    ingest(lake, landing)
    assert event_ids(lake) == ["e1", "e3"]
    assert rules(lake) == [
        ("generation_events/a.jsonl", 2, "range"),
        ("generation_events/a.jsonl", 3, "json"),
        ("generation_events/a.jsonl", 5, "utf8"),
    ]
    first = table(lake, "quarantine")[0]
    assert (first["text"], first["column_name"], first["value"]) == (bad, "credits", "-1")
    assert first["reason"] and first["remedy"] and first["quarantined_at"] == NOW
    (delivery,) = table(lake, "deliveries")
    assert (delivery["line_count"], delivery["accepted_count"], delivery["quarantined_count"]) == (5, 2, 3)
    assert delivery["accepted_credits"] == Decimal("2.5")
    assert delivery["size_bytes"] == path.stat().st_size
    assert first["file_sha256"] == delivery["file_sha256"]


def test_what_is_loaded_is_not_loaded_again(lake: Lake, landing: Path) -> None:
    path = deliver(landing, "generation_events/a.jsonl", lines(event(1)))
    ingest(lake, landing)
    assert ingest(lake, landing).batch_id is None
    os.utime(path, ns=(1, 1))
    report = ingest(lake, landing)
    assert (report.batch_id, report.feeds[0].files_unchanged) == (None, 1)
    deliver(landing, "generation_events/b.jsonl", lines(event(2)))
    assert ingest(lake, landing).batch_id == 2
    assert event_ids(lake) == ["e1", "e2"]


def test_the_same_bytes_under_another_name_are_an_alias(lake: Lake, landing: Path) -> None:
    for name in ("a", "b"):
        deliver(landing, f"generation_events/{name}.jsonl", lines(event(1)))
    ingest(lake, landing)
    deliver(landing, "generation_events/c.jsonl", lines(event(1)))
    ingest(lake, landing)
    assert event_ids(lake) == ["e1"]
    assert [(row["status"], row["alias_of"], row["line_count"]) for row in table(lake, "deliveries")] == [
        ("loaded", None, 1),
        ("alias", "generation_events/a.jsonl", 0),
        ("alias", "generation_events/a.jsonl", 0),
    ]


def test_the_same_bytes_in_another_feed_or_format_are_not_an_alias(lake: Lake, landing: Path) -> None:
    data = lines(event(1))
    for name in ("generation_events/a.txt", "generation_events/b.csv", "generation_events/c.jsonl"):
        deliver(landing, name, data)
    deliver(landing, "products/a.jsonl", data)
    ingest(lake, landing)
    assert event_ids(lake) == ["e1"]
    assert len(table(lake, "products")) == 1
    assert statuses(lake)["generation_events/c.jsonl"] == "loaded"


def test_the_same_name_with_different_bytes_is_a_new_delivery_and_reported(lake: Lake, landing: Path) -> None:
    deliver(landing, "generation_events/a.jsonl", lines(event(1)))
    ingest(lake, landing)
    deliver(landing, "generation_events/a.jsonl", lines(event(2), event(1)))
    report = ingest(lake, landing)
    assert event_ids(lake) == ["e1", "e2", "e1"]
    assert [row["replaces_earlier"] for row in table(lake, "deliveries")] == [False, True]
    assert any("generation_events/a.jsonl" in warning for warning in report.warnings)


def test_a_truncated_file_loads_nothing_and_stops_no_other(lake: Lake, landing: Path) -> None:
    cut = gzip.compress(lines(*map(event, range(1000))))[:-20]
    deliver(landing, "generation_events/a.jsonl.gz", cut)
    deliver(landing, "generation_events/b.jsonl", lines(event(1)))
    report = ingest(lake, landing)
    assert event_ids(lake) == ["e1"]
    assert rules(lake) == [("generation_events/a.jsonl.gz", None, "file.gzip")]
    assert statuses(lake) == {
        "generation_events/a.jsonl.gz": "rejected",
        "generation_events/b.jsonl": "loaded",
    }
    assert report.feeds[0].files_rejected == 1
    assert ingest(lake, landing).batch_id is None
    deliver(landing, "generation_events/a.jsonl.gz", gzip.compress(lines(event(2))))
    deliver(landing, "generation_events/c.jsonl.gz", cut)
    ingest(lake, landing)
    assert event_ids(lake) == ["e1", "e2"]
    assert statuses(lake)["generation_events/c.jsonl.gz"] == "rejected"


def test_a_file_no_row_of_which_has_a_required_column_is_rejected_whole(lake: Lake, landing: Path) -> None:
    renamed = [
        {"kind" if key == "generation_type" else key: value for key, value in event(n).items()}
        for n in (1, 2)
    ]
    deliver(landing, "generation_events/a.jsonl", lines(*renamed, "nope"))
    deliver(landing, "generation_events/b.jsonl", lines(*renamed, event(3)))
    deliver(landing, "generation_events/c.csv", b"event_id;credits\n1;2\n3;4\n")
    ingest(lake, landing)
    assert event_ids(lake) == ["e3"]
    assert rules(lake) == [
        ("generation_events/a.jsonl", None, "file.missing_column"),
        ("generation_events/b.jsonl", 1, "required"),
        ("generation_events/b.jsonl", 2, "required"),
        ("generation_events/c.csv", None, "file.missing_column"),
    ]
    first = table(lake, "deliveries")[0]
    assert (first["status"], first["line_count"], first["quarantined_count"]) == ("rejected", 3, 3)
    assert "generation_type" in str(first["reason"])
    assert "kind" in json.loads(str(first["unknown_columns"]))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("p.json", json.dumps({"data": [event(1), event(2)], "total": 2}), "array of 2 objects in data"),
        ("p.json", json.dumps({"data": [event(1), event(2)], "total": 2}, indent=1), "2 objects in data"),
        (
            "p.jsonl",
            "\n".join(json.dumps(event(n, tags={"a": 1}), indent=2) for n in range(4)),
            "several lines",
        ),
        ("p.jsonl", json.dumps([event(1)]), "one JSON array"),
        (
            "p.csv",
            "Day;User\n1;kim\n2;lee\n",
            "workspace_id; found Day, User, separated by semicolons",
        ),
    ],
)
def test_a_file_of_another_shape_has_one_reason(
    lake: Lake, landing: Path, name: str, data: str, words: str
) -> None:
    deliver(landing, f"generation_events/{name}", data.encode())
    ingest(lake, landing)
    (row,) = table(lake, "quarantine")
    assert row["line_number"] is None and words in str(row["reason"]) and row["remedy"]
    (delivery,) = table(lake, "deliveries")
    assert delivery["status"] == "rejected"
    # what was found may be a name, which stays in the quarantine
    assert "found" not in str(delivery["reason"])


def test_a_broken_first_line_does_not_explain_the_others(lake: Lake, landing: Path) -> None:
    data = b"{\n" + lines(event(1), event(2, credits="-1"))
    deliver(landing, "generation_events/a.json", data)
    ingest(lake, landing)
    assert event_ids(lake) == ["e1"]
    assert [(number, rule) for _, number, rule in rules(lake)] == [(1, "json"), (3, "range")]


def test_a_row_with_an_array_inside_is_no_page(lake: Lake, landing: Path) -> None:
    deliver(landing, "generation_events/a.json", lines(event(1, credits="-1", parts=[{"a": 1}])))
    ingest(lake, landing)
    assert rules(lake) == [("generation_events/a.json", 1, "range")]


def test_a_column_without_a_name_is_reported_and_the_rest_loads(lake: Lake, landing: Path) -> None:
    header = ",".join(event(1))
    data = f",{header}\n" + "".join(f"{n},{','.join(map(str, event(n).values()))}\n" for n in range(2))
    deliver(landing, "generation_events/a.csv", data.encode())
    report = ingest(lake, landing)
    assert event_ids(lake) == ["e0", "e1"]
    assert report.warnings == ("columns without a name were left out: generation_events/a.csv",)
    assert table(lake, "deliveries")[0]["unknown_columns"] == '["(column 1 has no name)"]'
    assert table(lake, "generation_events")[0]["attributes"] is None


def test_a_folder_replaced_by_a_link_after_the_listing_is_not_followed(tmp_path: Path) -> None:
    for folder in ("landing", "elsewhere"):
        (tmp_path / folder / "members" / "sub").mkdir(parents=True)
        (tmp_path / folder / "members" / "sub" / "a.jsonl").write_text(folder)
    (listed,) = landing_files.list_landing(tmp_path / "landing").files["members"]
    with landing_files.open_landing_file(listed, is_seeked=False) as file:
        assert file is not None
    (tmp_path / "landing" / "members" / "sub").rename(tmp_path / "before")
    (tmp_path / "landing" / "members" / "sub").symlink_to(tmp_path / "elsewhere" / "members" / "sub")
    with (
        pytest.raises(landing_files.FileUnavailable, match="behind a symbolic link"),
        landing_files.open_landing_file(listed, is_seeked=False),
    ):
        pass


def test_nothing_but_regular_files_is_opened(lake: Lake, landing: Path, tmp_path: Path) -> None:
    outside = deliver(tmp_path, "outside/secret.jsonl", lines(event(1)))
    folder = landing / "generation_events"
    folder.mkdir()
    (folder / "link.jsonl").symlink_to(outside)
    (folder / "folder").symlink_to(outside.parent)
    (landing / "products").symlink_to(outside.parent)
    os.mkfifo(folder / "pipe.jsonl")
    ingest(lake, landing)
    assert event_ids(lake) == []
    assert [rule for _, _, rule in rules(lake)] == ["file.kind"] * 4
    assert ingest(lake, landing).batch_id is None


@pytest.mark.parametrize(
    "name",
    [
        "'; drop table x;--.jsonl",
        "a\nb.jsonl",
        "%2e%2e%2f*?.jsonl",
        "שלום.jsonl",
        '".jsonl',
        "{{ x }}.jsonl",
        " .jsonl",
    ],
)
def test_file_names_are_data(lake: Lake, landing: Path, name: str) -> None:
    deliver(landing, f"generation_events/sub'dir/{name}", lines(event(1)))
    ingest(lake, landing)
    assert table(lake, "generation_events")[0]["file_path"] == f"generation_events/sub'dir/{name}"


def test_a_snapshot_that_returns_to_earlier_bytes_is_loaded_again(lake: Lake, landing: Path) -> None:
    for batch_id, name in enumerate(["Alice", "Alicia", "Alice"], start=1):
        deliver(landing, "members/roster.csv", f"member_id,workspace_id,name\n1,w,{name}\n".encode())
        assert lake.ingest(landing, now=NOW).batch_id == batch_id
    assert [pq.read_table(path)["name"].to_pylist() for path in lake.paths("members")] == [
        ["Alice"],
        ["Alicia"],
        ["Alice"],
    ]
    deliver(landing, "members/copy.csv", b"member_id,workspace_id,name\n1,w,Alice\n")
    assert lake.ingest(landing, now=NOW).feeds[5].files_alias == 1


def test_a_change_that_keeps_size_and_modification_time_is_loaded(lake: Lake, landing: Path) -> None:
    path = landing / "members/roster.csv"
    for batch_id, name in enumerate(["Alice", "Elise"], start=1):
        deliver(landing, "members/roster.csv", f"member_id,workspace_id,name\n1,w,{name}\n".encode())
        os.utime(path, (1_700_000_000, 1_700_000_000))
        assert lake.ingest(landing, now=NOW).batch_id == batch_id


def test_a_file_name_that_is_not_utf_8_is_stored_escaped(lake: Lake, landing: Path) -> None:
    path = deliver(landing, "generation_events/x", b"")
    path.rename(os.fsdecode(os.fsencode(path.parent) + b"/\xff.jsonl"))
    ingest(lake, landing)
    assert list(statuses(lake)) == ["generation_events/\\xff.jsonl"]


def test_hidden_files_are_ignored_and_unknown_folders_reported(lake: Lake, landing: Path) -> None:
    for name in (".hidden.jsonl", "_SUCCESS", ".tmp/a.jsonl", "_spark/b.jsonl", "pull.yml"):
        deliver(landing, f"generation_events/{name}", lines(event(1)))
    deliver(landing, "generation_event/a.jsonl", lines(event(1)))
    deliver(landing, "notes.txt", b"hello")
    report = ingest(lake, landing)
    unread = {"generation_event/": "unread", "notes.txt": "unread"}
    assert statuses(lake) == unread
    assert report.warnings == (
        "generation_event/ was not read: the folder is no feed's, and holds a.jsonl; the feed is called "
        "generation_events",
        "notes.txt was not read: it is in the folder of no feed",
    )


def test_rows_are_stored_in_the_order_of_files_and_lines(lake: Lake, landing: Path) -> None:
    for name, first in (("b", 200), ("a/z", 100), ("c", 300)):
        deliver(landing, f"generation_events/{name}.jsonl", lines(*(event(first + n) for n in range(50))))
    ingest(lake, landing)
    expected = [f"e{first + n}" for first in (100, 200, 300) for n in range(50)]
    assert event_ids(lake) == expected


def test_many_small_files_are_typed_together(lake: Lake, landing: Path) -> None:
    for n in range(300):
        bad = ["nope"] if n % 100 == 7 else []
        deliver(landing, f"generation_events/{n:04}.jsonl", lines(event(n), *bad))
    ingest(lake, landing)
    assert pq.ParquetFile(lake.paths("generation_events")[0]).num_row_groups == 1
    assert event_ids(lake) == [f"e{n}" for n in range(300)]
    assert rules(lake) == [(f"generation_events/{n:04}.jsonl", 2, "json") for n in (7, 107, 207)]
    assert {row["line_count"] for row in table(lake, "deliveries")} == {1, 2}


def test_a_lake_with_fewer_columns_than_the_contract_gets_an_empty_batch_with_all(
    lake: Lake, landing: Path
) -> None:
    deliver(landing, "generation_events/a.jsonl", lines(event(1)))
    ingest(lake, landing)
    (file,) = lake.paths("generation_events")
    pq.write_table(pq.read_table(file).drop_columns(["request_id", "revision"]), file)
    assert not lake.has_all_columns()
    assert ingest(lake, landing).batch_id == 2
    assert lake.has_all_columns()
    assert ingest(lake, landing).batch_id is None
    lake.add_columns(now=NOW)
    assert len(lake.batches()) == 2


def test_one_batch_or_many_give_the_same_rows(tmp_path: Path, landing: Path) -> None:
    at_once, one_by_one = Lake(tmp_path / "one"), Lake(tmp_path / "many")
    for n in range(4):
        deliver(landing, f"generation_events/{n}.jsonl", lines(event(n), event(n + 1)))
        ingest(one_by_one, landing)
    ingest(at_once, landing)
    assert len(one_by_one.batches()) == 4
    assert event_ids(at_once) == event_ids(one_by_one)
    hashes = [
        [row["content_hash"] for row in table(lake, "generation_events")] for lake in (at_once, one_by_one)
    ]
    assert hashes[0] == hashes[1]


def parquet(rows: list[dict[str, object]]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    return target.getvalue()


LARGE: dict[str, Callable[[list[dict[str, object]]], bytes]] = {
    "a.jsonl": lambda rows: lines(*rows),
    "a.jsonl.gz": lambda rows: gzip.compress(lines(*rows), mtime=0),
    "a.json": lambda rows: json.dumps(rows).encode(),
    "a.parquet": parquet,
}
# plain text is what a packed file is streamed as
SOME_LARGE = [
    pytest.param(name, marks=[pytest.mark.slow] if name in ("a.jsonl", "a.json") else []) for name in LARGE
]


@pytest.fixture(params=[0, pytest.param(1 << 24, marks=pytest.mark.slow)])
def held_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of several chunks, once streamed from disk and once held in memory."""
    monkeypatch.setattr(landing_files, "_IN_MEMORY_BYTES", request.param)


@pytest.mark.usefixtures("held_bytes")
@pytest.mark.parametrize("name", SOME_LARGE)
def test_a_file_of_several_chunks_loads_like_a_small_one(tmp_path: Path, landing: Path, name: str) -> None:
    lake = Lake(tmp_path / "raw", options=SMALL)
    rows = [event(n, credits="2") for n in range(100)]
    for row in rows[3::10]:
        del row["generation_type"]
    deliver(landing, f"generation_events/{name}", LARGE[name](rows))
    deliver(landing, "generation_events/b.jsonl", lines(event(1000)))
    deliver(landing, f"generation_events/c{name[1:]}", LARGE[name](rows))
    report = ingest(lake, landing)
    assert event_ids(lake) == [f"e{n}" for n in range(100) if n % 10 != 3] + ["e1000"]
    assert [number for _, number, _ in rules(lake)] == [n + 1 for n in range(100) if n % 10 == 3]
    first = table(lake, "deliveries")[0]
    assert {row["file_sha256"] for row in table(lake, "quarantine")} == {first["file_sha256"]}
    assert (report.feeds[0].lines, report.feeds[0].accepted, report.feeds[0].quarantined) == (101, 91, 10)
    assert report.feeds[0].accepted_credits == Decimal("181.25")
    assert list(statuses(lake).values()) == ["loaded", "loaded", "alias"]
    deliver(landing, f"generation_events/d{name[1:]}", LARGE[name](rows))
    deliver(landing, f"generation_events/e{name[1:]}", LARGE[name]([row | {"credits": "3"} for row in rows]))
    report = ingest(lake, landing)
    assert (report.feeds[0].files_alias, report.feeds[0].files_loaded) == (1, 1)
    assert (report.feeds[0].accepted, report.feeds[0].accepted_credits) == (90, Decimal(270))


@pytest.mark.usefixtures("held_bytes")
def test_a_file_found_broken_after_some_chunks_loads_nothing(tmp_path: Path, landing: Path) -> None:
    lake = Lake(tmp_path / "raw", options=SMALL)
    noise = [event(n, model=os.urandom(100).hex()) for n in range(60)]
    for name in ("a", "d"):
        deliver(landing, f"generation_events/{name}.jsonl.gz", gzip.compress(lines(*noise), mtime=0)[:-9])
    deliver(landing, "generation_events/b.json", json.dumps(noise).encode()[:-1])
    deliver(landing, "generation_events/c.jsonl", lines(*({"event_id": n} for n in range(60))))
    ingest(lake, landing)
    assert event_ids(lake) == []
    assert [(number, rule) for _, number, rule in rules(lake)] == [
        (None, "file.gzip"),
        (None, "file.json"),
        (None, "file.missing_column"),
        (None, "file.gzip"),
    ]
    counts = [
        (row["line_count"], row["accepted_count"], row["quarantined_count"])
        for row in table(lake, "deliveries")
    ]
    assert counts == [(0, 0, 0), (0, 0, 0), (60, 0, 60), (0, 0, 0)]
    assert ingest(lake, landing).batch_id is None


@pytest.mark.usefixtures("held_bytes")
@pytest.mark.parametrize("name", SOME_LARGE)
def test_a_file_that_changes_while_it_is_read_is_loaded_by_the_next_run(
    tmp_path: Path, landing: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path / "raw", options=SMALL)
    path = deliver(landing, f"generation_events/{name}", LARGE[name]([event(n) for n in range(100)]))
    deliver(landing, "generation_events/b.jsonl", lines(event(1000)))
    read = landing_files.OpenFile.read

    def read_while_written(self: landing_files.OpenFile, size: int = -1, /) -> bytes:
        data = read(self, size)
        os.utime(path, ns=(1, 1))
        return data

    with monkeypatch.context() as patched:
        patched.setattr(landing_files.OpenFile, "read", read_while_written)
        report = ingest(lake, landing)
    assert event_ids(lake) == ["e1000"]
    assert list(statuses(lake)) == ["generation_events/b.jsonl"]
    assert any("changes while it is read" in warning for warning in report.warnings)
    ingest(lake, landing)
    assert len(event_ids(lake)) == 101


def test_a_file_that_cannot_be_opened_is_loaded_by_the_next_run(
    lake: Lake, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = deliver(landing, "generation_events/a.jsonl", lines(event(1)))
    monkeypatch.setattr(os, "open", _denying(os.open, path))
    report = ingest(lake, landing)
    assert any("a.jsonl cannot be opened" in warning for warning in report.warnings)
    monkeypatch.undo()
    ingest(lake, landing)
    assert event_ids(lake) == ["e1"]


def _denying(opener: Callable[..., int], denied: Path) -> Callable[..., int]:
    def open_or_deny(path: object, *arguments: object, **options: object) -> int:
        if str(path) == str(denied):
            raise PermissionError(13, "Permission denied")
        return opener(path, *arguments, **options)

    return open_or_deny


def test_a_run_that_dies_while_writing_leaves_no_batch(
    lake: Lake, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(landing, "generation_events/a.jsonl", lines(event(1)))
    leftover = lake.root / ".tmp-000001"
    deliver(leftover, "generation_events.parquet", b"half")

    def killed(self: BatchWriter) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(BatchWriter, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            ingest(lake, landing)
    assert lake.batches() == []
    deliver(leftover, "generation_events.parquet", b"half")
    temporary = deliver(lake.root, ".credits-0123.tmp", b"half")
    assert ingest(lake, landing).batch_id == 1
    assert event_ids(lake) == ["e1"]
    assert not leftover.exists() and not temporary.exists()


def test_a_line_that_is_neither_accepted_nor_quarantined_stops_the_commit(
    lake: Lake, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(landing, "generation_events/a.jsonl", lines(event(1), "nope"))
    monkeypatch.setattr(typed_files, "_quarantined", lambda files, *_: [[] for _ in files])
    with pytest.raises(UnexplainedLines, match=r"a\.jsonl has 2 lines, 1 accepted and 0 quarantined"):
        ingest(lake, landing)
    assert lake.batches() == []


def test_an_invalid_landing_directory_fails_before_anything_is_written(lake: Lake, tmp_path: Path) -> None:
    for wrong in (tmp_path / "missing", deliver(tmp_path, "file", b"")):
        with pytest.raises(LandingError, match="landing"):
            ingest(lake, wrong)
    assert not lake.root.exists()


def test_a_data_directory_that_cannot_be_written_is_reported(landing: Path, tmp_path: Path) -> None:
    with pytest.raises(LandingError, match="data directory"):
        ingest(Lake(deliver(tmp_path, "file", b"") / "raw"), landing)


def test_a_time_without_a_zone_and_an_unknown_table_are_errors(lake: Lake, landing: Path) -> None:
    with pytest.raises(ValueError, match="zone"):
        lake.ingest(landing, now=datetime(2026, 4, 8))
    with pytest.raises(ValueError, match="no table 'events'"):
        lake.paths("events")


def test_progress_is_reported(lake: Lake, landing: Path) -> None:
    lines_shown: list[str] = []
    deliver(landing, "generation_events/a.jsonl", lines(*map(event, range(30))))
    Lake(lake.root, options=SMALL).ingest(landing, now=NOW, progress=lines_shown.append)
    assert lines_shown and "generation_events/a.jsonl" in lines_shown[0]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real usage log is not in ../shared/data")
def test_the_real_usage_log_loads_completely_and_exactly(lake: Lake) -> None:
    credits = Decimal(0)
    for path in sorted((REAL / "generation_events").iterdir()):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            credits += Decimal(json.loads(line, parse_float=Decimal)["credits"])
    report = ingest(lake, REAL)
    events = report.feeds[0]
    assert (events.lines, events.accepted, events.quarantined) == (5522, 5522, 0)
    assert events.accepted_credits == credits
    stored = [row["credits"] for row in table(lake, "generation_events")]
    assert sum(stored, Decimal(0)) == credits  # type: ignore[arg-type]
    assert sum(feed.quarantined for feed in report.feeds) == 0


def test_a_landing_directory_behind_a_link_is_read(tmp_path: Path, landing: Path, lake: Lake) -> None:
    deliver(landing, "generation_events/a.jsonl", lines(event(1)))
    linked = tmp_path / "linked"
    linked.symlink_to(landing, target_is_directory=True)
    lake.ingest(linked, now=NOW)
    assert event_ids(lake) == ["e1"]


def test_a_batch_of_an_older_release_lacks_new_tables_and_columns_and_loads(
    lake: Lake, landing: Path
) -> None:
    (landing / "generation_events").mkdir()
    (landing / "generation_events" / "a.jsonl").write_bytes(lines(event(1)))
    lake.ingest(landing, now=NOW)
    (batch,) = lake.batches()
    (batch / "credit_plans.parquet").unlink()
    assert lake.paths("credit_plans") == [batch / "credit_plans.parquet"], "a lost file is an error"
    manifest = read_manifest(batch) or {}
    write_manifest(batch, {name: entry for name, entry in manifest.items() if "plans" not in name})
    old = pq.read_table(batch / "credit_entries.parquet").drop_columns(["plan_id", "related_source"])
    pq.write_table(old, batch / "credit_entries.parquet")
    assert lake.paths("credit_plans") == []
    for table in ("credit_plans", "credit_entries"):
        files = [str(file) for file in (*lake.paths(table), lake.schema_file(table))]
        found = duckdb.sql(f"select * from read_parquet({files}, union_by_name = true)")
        assert set(found.columns) == set(FEEDS[table].raw_schema.names)


@pytest.mark.parametrize("line", ["e1,2026-04-07T09:30:00Z,w1,meta,1", "id,time,workspace,kind,credits"])
def test_a_csv_of_one_line_that_is_no_header_is_told(lake: Lake, landing: Path, line: str) -> None:
    deliver(landing, "generation_events/one.csv", line.encode())
    ingest(lake, landing)
    assert rules(lake) == [("generation_events/one.csv", None, "file.csv_header")]
    assert statuses(lake) == {"generation_events/one.csv": "rejected"}


@pytest.mark.parametrize("data", [b"", b"\n", ",".join(FEEDS["members"].names).encode()])
def test_a_csv_without_a_line_or_with_a_header_only_is_loaded(lake: Lake, landing: Path, data: bytes) -> None:
    deliver(landing, "members/none.csv", data)
    ingest(lake, landing)
    assert rules(lake) == []
    assert statuses(lake) == {"members/none.csv": "loaded"}


def test_a_plan_that_starts_before_2000_is_quarantined(lake: Lake, landing: Path) -> None:
    """A grant of each day since the year 1 would make 740,000 rows of balances."""
    plan = {"workspace_id": "w1", "plan_id": "p1", "credits": 1, "interval": "day", "starts_on": "2026-01-01"}
    early = [plan | {"plan_id": day, "starts_on": day} for day in ("0001-01-01", "1970-01-01")]
    deliver(landing, "credit_plans/plans.jsonl", lines(plan, *early))
    ingest(lake, landing)
    assert [row["plan_id"] for row in table(lake, "credit_plans")] == ["p1"]
    assert [rule for _, _, rule in rules(lake)] == ["date.range", "date.range"]
