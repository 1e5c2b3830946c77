"""A log that only grows is read from where it was left, whatever its line ends and wherever it was cut.

That a file whose beginning changed is a new delivery is tested here, too; single files are in test_lake.
"""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.lake import landing_files
from orchestration.lake.batch_writer import BatchWriter
from orchestration.lake.ingest_report import IngestReport
from orchestration.lake.lake import Lake
from orchestration.landing.options import ReadOptions

NOW = datetime(2026, 5, 2, 1, 0, tzinfo=UTC)
SMALL = ReadOptions(chunk_bytes=1500, chunk_rows=5, max_line_bytes=1000)
LOG = "generation_events/app.jsonl"


def event(number: int, **values: object) -> bytes:
    row = {
        "event_id": f"g{number}",
        "occurred_at": "2026-05-01T08:00:00Z",
        "workspace_id": "w",
        "generation_type": "keywords",
        "credits": "3",
    }
    return json.dumps(row | values).encode()


class Landing:
    """A landing folder with one lake."""

    def __init__(self, folder: Path, options: ReadOptions) -> None:
        self.folder, self.lake = folder, Lake(folder / "raw", options=options)

    def deliver(self, data: bytes, name: str = LOG) -> IngestReport:
        path = self.folder / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return self.lake.ingest(self.folder / "landing", now=NOW)

    def table(self, name: str) -> list[dict[str, object]]:
        return [row for path in self.lake.paths(name) for row in pq.read_table(path).to_pylist()]

    def loaded(self) -> list[tuple[object, object]]:
        return [(row["event_id"], row["line_number"]) for row in self.table("generation_events")]

    def refused(self) -> list[object]:
        return [row["line_number"] for row in self.table("quarantine")]

    def deliveries(self) -> list[tuple[object, ...]]:
        names = ("line_count", "accepted_count", "continued_after", "replaces_earlier")
        return [tuple(row[name] for name in names) for row in self.table("deliveries")]


@pytest.fixture(params=["in memory", "streamed"])
def landing(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    if request.param == "streamed":
        monkeypatch.setattr(landing_files, "_IN_MEMORY_BYTES", 0)
    return Landing(tmp_path, SMALL)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_lines_that_were_read_are_not_read_again(landing: Landing, end: bytes, mark: bytes) -> None:
    night = mark + event(1) + end + end + b"nope" + end + event(2) + end
    landing.deliver(night)
    report = landing.deliver(night + event(3) + end + b"again" + end)
    assert landing.loaded() == [("g1", 1), ("g2", 4), ("g3", 5)]
    assert landing.refused() == [3, 6]
    assert landing.deliveries() == [(3, 2, None, False), (2, 1, 4, False)]
    assert report.warnings == ()
    assert landing.lake.ingest(landing.folder / "landing", now=NOW).batch_id is None


def test_a_half_line_that_is_completed_is_loaded(landing: Landing) -> None:
    whole = event(1) + b"\n" + event(2) + b"\n"
    landing.deliver(whole[:-30])
    landing.deliver(whole + event(3))
    landing.deliver(whole + event(3) + b"\n")
    landing.deliver(whole + event(3) + b"\n" + event(4))
    assert landing.loaded() == [("g1", 1), ("g2", 2), ("g3", 3), ("g4", 4)]
    assert [continued for _, _, continued, _ in landing.deliveries()] == [None, 1, 3, 3]


def test_an_empty_file_that_is_filled_has_grown(landing: Landing) -> None:
    landing.deliver(b"")
    landing.deliver(event(1))
    assert landing.loaded() == [("g1", 1)]
    assert landing.deliveries() == [(0, 0, None, False), (1, 1, 0, False)]


def test_a_file_whose_beginning_changed_is_a_new_delivery_and_reported(landing: Landing) -> None:
    landing.deliver(event(1) + b"\n" + event(2) + b"\n")
    report = landing.deliver(event(1, credits="4") + b"\n" + event(2) + b"\n" + event(3) + b"\n")
    assert [event_id for event_id, _ in landing.loaded()] == ["g1", "g2", "g1", "g2", "g3"]
    assert landing.deliveries() == [(2, 2, None, False), (3, 3, None, True)]
    assert any(LOG in warning for warning in report.warnings)


def test_a_csv_file_grows_under_its_header(landing: Landing) -> None:
    first = json.loads(event(1))
    header, name = ",".join(first), "generation_events/app.csv"
    rows = [",".join(str(value) for value in json.loads(event(number)).values()) for number in range(4)]
    night = "\n".join([header, rows[0], "ragged", rows[1]]) + "\n"
    landing.deliver(night.encode(), name)
    landing.deliver((night + rows[2] + "\n" + rows[3] + "\n").encode(), name)
    assert landing.loaded() == [("g0", 2), ("g1", 4), ("g2", 5), ("g3", 6)]
    assert landing.refused() == [3]
    assert landing.deliveries()[1] == (2, 2, 4, False)


def test_a_csv_record_that_was_cut_inside_quotes_is_loaded_whole(landing: Landing) -> None:
    name = "generation_events/app.csv"
    head = b"event_id,occurred_at,workspace_id,generation_type,credits,model\n"
    row = b'g1,2026-05-01T08:00:00Z,w,keywords,3,"a\nb"\n'
    landing.deliver(head + row[:-4], name)
    landing.deliver(head + row + row.replace(b"g1", b"g2"), name)
    assert landing.loaded() == [("g1", 2), ("g2", 4)]


def test_lines_without_a_required_column_are_refused_by_line_in_a_log_that_grew(landing: Landing) -> None:
    landing.deliver(event(1) + b"\n")
    landing.deliver(event(1) + b'\n{"a": 1}\n{"a": 2}\n')
    landing.deliver(event(1) + b'\n{"a": 1}\n{"a": 2}\n' + event(4))
    assert landing.loaded() == [("g1", 1), ("g4", 4)]
    assert landing.refused() == [2, 3]


def test_a_file_that_was_refused_whole_is_read_from_its_beginning(landing: Landing) -> None:
    landing.deliver(b'{"a": 1}\n')
    landing.deliver(b'{"a": 1}\n' + event(1) + b"\n")
    assert landing.loaded() == [("g1", 2)]
    assert landing.refused() == [None, 1]


def test_a_snapshot_and_a_compressed_file_are_delivered_whole(landing: Landing) -> None:
    roster = b"member_id,workspace_id\n1,w\n"
    for data in (roster, roster + b"2,w\n"):
        landing.deliver(data, "members/roster.csv")
    assert [row["member_id"] for row in landing.table("members")] == ["1", "1", "2"]
    packed = [gzip.compress(event(number) + b"\n", mtime=0) for number in (1, 2)]
    landing.deliver(packed[0], "generation_events/app.jsonl.gz")
    landing.deliver(packed[0] + packed[1], "generation_events/app.jsonl.gz")
    assert [event_id for event_id, _ in landing.loaded()] == ["g1", "g1", "g2"]


def test_a_run_that_dies_leaves_the_growth_to_the_next(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.deliver(event(1) + b"\n")

    def killed(self: BatchWriter) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(BatchWriter, "commit", killed)
        landing.deliver(event(1) + b"\n" + event(2) + b"\n")
    landing.deliver(event(1) + b"\n" + event(2) + b"\n" + event(3) + b"\n")
    assert landing.loaded() == [("g1", 1), ("g2", 2), ("g3", 3)]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kinds=st.lists(st.sampled_from(["good", "bad", "blank"]), min_size=1, max_size=12),
    end=st.sampled_from([b"\n", b"\r\n"]),
    cuts=st.lists(st.floats(0, 1), max_size=3),
)
def test_wherever_a_log_is_cut_each_of_its_rows_is_loaded_once(
    kinds: list[str], end: bytes, cuts: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = {"bad": b"nope", "blank": b""}
    data = b"".join(texts.get(kind, event(number)) + end for number, kind in enumerate(kinds, 1))
    landing = Landing(tmp_path_factory.mktemp("log"), ReadOptions())
    for cut in sorted(cuts):
        landing.deliver(data[: int(cut * len(data))])
    landing.deliver(data)
    assert landing.loaded() == [(f"g{n}", n) for n, kind in enumerate(kinds, 1) if kind == "good"]
    bad = {n for n, kind in enumerate(kinds, 1) if kind == "bad"}
    assert bad <= set(landing.refused())


def test_half_of_a_line_that_ended_in_a_line_end_is_read_again_when_it_is_complete(landing: Landing) -> None:
    whole = event(2)
    landing.deliver(event(1) + b"\nnope\n" + whole[:40] + b"\n")
    report = landing.deliver(event(1) + b"\nnope\n" + whole + b"\n" + event(3) + b"\n")
    assert landing.loaded() == [("g1", 1), ("g2", 3), ("g3", 4)]
    assert landing.refused() == [2, 3]
    assert landing.deliveries() == [(3, 1, None, False), (2, 2, 2, False)]
    assert report.warnings == ()


def test_a_line_that_was_changed_is_not_one_that_grew(landing: Landing) -> None:
    landing.deliver(event(1) + b"\n" + event(2)[:40] + b"\n")
    landing.deliver(event(1) + b"\n" + event(3)[:39] + b"?" + event(3)[39:] + b"\n")
    assert [each[2] for each in landing.deliveries()] == [None, None]
