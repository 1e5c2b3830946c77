"""Records of another system are kept verbatim, each is accounted for, and rows are derived again at will.

What a mapping makes of a record is tested in landing/sources/.
"""

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.lake.batch_writer import TABLES
from orchestration.lake.erasure.erase import (
    erase_old_rejects,
    erase_people,
    find_personal_data,
    inactive_people,
    members_with_id,
)
from orchestration.lake.erasure.forgotten_list import ANY
from orchestration.lake.ingest_report import IngestReport
from orchestration.lake.integrity import check_lake
from orchestration.lake.lake import Lake
from orchestration.lake.sources import derived_batch, derived_files
from orchestration.lake.sources.derivation import Derivation, derive
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import LandingError
from orchestration.warehouse.run_state import is_redefined

NOW = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)
SMALL = ReadOptions(chunk_bytes=2000, chunk_rows=7, max_line_bytes=1000)
MAPPING = """
where: {kind: {in: [draft, final]}}
feeds:
  generation_events:
    source: {const: press}
    event_id: {first: [no], else: content_and_occurrence}
    occurred_at: {path: at, zone: UTC}
    workspace_id: desk
    member_id: by
    generation_type: {path: kind, map: {draft: description}}
    credits: {path: cost, places: 6}
"""
BY_CARD = MAPPING.replace("{path: cost, places: 6}", "{rate: {of: cost, card: press_rate}, places: 6}")


def article(number: int, **values: object) -> dict[str, object]:
    return {
        "no": f"a{number}",
        "at": f"2026-05-{1 + number % 3:02d} 08:00:{number % 60:02d}",
        "desk": "d1",
        "by": ("ana", "bob")[number % 2],
        "kind": ("draft", "final", "ad")[number % 3],
        "cost": f"{number}.5",
    } | values


def lines(*records: object) -> bytes:
    return "".join((text if isinstance(text, str) else json.dumps(text)) + "\n" for text in records).encode()


class Desk:
    """A landing directory and its lake."""

    def __init__(self, root: Path) -> None:
        self.landing, self.lake = root / "landing", Lake(root / "raw", options=SMALL)
        self.deliver("press/mapping.yml", MAPPING.encode())

    def deliver(self, name: str, content: bytes) -> None:
        file = self.landing / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def ingest(self) -> IngestReport:
        return self.lake.ingest(self.landing, now=NOW)

    def load(self, **files: bytes) -> Derivation:
        for name, content in files.items():
            self.deliver(f"press/{name.replace('__', '.')}", content)
        self.ingest()
        return derive(self.lake)

    def records(self) -> list[dict[str, object]]:
        return rows_of(self.lake.paths("source_records"))

    def derived(self, table: str = "generation_events") -> list[dict[str, object]]:
        return rows_of(self.lake.derived.paths(table))

    def events(self) -> dict[object, object]:
        return {row["event_id"]: row["credits"] for row in self.derived()}


def rows_of(paths: list[Path]) -> list[dict[str, object]]:
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_record_is_kept_verbatim_with_its_file_line_and_hash(desk: Desk) -> None:
    text = '{"no": "a1" ,"at":"2026-05-01 08:00:00","desk":"d1","kind":"draft","cost":1.50}'
    desk.load(a__jsonl=b"\n" + lines(text) + b'{"no":"a2"}\r\n')
    first, second = desk.records()
    assert (first["record"], first["line_number"], first["record_number"]) == (text, 2, 1)
    assert (second["record"], second["line_number"], second["record_number"]) == ('{"no":"a2"}', 3, 2)
    assert (first["source_folder"], first["file_path"], first["batch_id"]) == ("press", "press/a.jsonl", 1)
    (row,) = desk.derived()
    assert (row["file_path"], row["line_number"], row["credits"]) == ("press/a.jsonl", 2, Decimal("1.500000"))


def in_parquet(records: list[dict[str, object]], root: Path) -> bytes:
    pq.write_table(pa.Table.from_pylist(records), root / "made.parquet")
    return (root / "made.parquet").read_bytes()


def in_csv(records: list[dict[str, object]], separator: str) -> bytes:
    rows = [separator.join(records[0]), *(separator.join(map(str, record.values())) for record in records)]
    return ("\n".join(rows) + "\n").encode()


FORMS: dict[str, Callable[[list[dict[str, object]], Path], bytes]] = {
    "a.jsonl": lambda records, _: lines(*records),
    "one_object_on_several_lines.jsonl": lambda records, _: b"\n".join(
        json.dumps(record, indent=2).encode() for record in records
    ),
    "array.json": lambda records, _: json.dumps(records, indent=1).encode(),
    "page.json": lambda records, _: json.dumps({"next": None, "page": {"rows": records}}, indent=1).encode(),
    "pages.jsonl": lambda records, _: lines(
        *({"page": {"rows": records[at : at + 4]}} for at in range(0, len(records), 4))
    ),
    "lines.json": lambda records, _: lines(*records),
    "packed.jsonl.gz": lambda records, _: gzip.compress(lines(*records)),
    "bars.csv": lambda records, _: in_csv(records, "|"),
    "tabs.csv": lambda records, _: in_csv(records, "\t"),
    "no_suffix": lambda records, _: lines(*records),
    "made.parquet": in_parquet,
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_the_same_records_gives_the_same_rows(desk: Desk, name: str, tmp_path: Path) -> None:
    desk.deliver("press/mapping.yml", b"reads: {records: page.rows, format: jsonl}\n" + MAPPING.encode())
    desk.deliver(f"press/{name}", FORMS[name]([article(number) for number in range(30)], tmp_path))
    desk.ingest()
    derive(desk.lake)
    assert desk.events() == {f"a{number}": Decimal(f"{number}.5") for number in range(30) if number % 3 != 2}


def test_every_record_is_mapped_left_out_or_quarantined(desk: Desk) -> None:
    refused = article(3, at="yesterday")
    desk.load(
        a__jsonl=lines(*(article(number) for number in range(3)), refused, "{", "[1]", '{"no":1,"no":2}')
    )
    (native,) = [row for row in rows_of(desk.lake.paths("deliveries")) if row["feed"] == "press"]
    assert (native["line_count"], native["accepted_count"], native["quarantined_count"]) == (7, 4, 3)
    (counts,) = desk.derived("mapping_counts")
    names = ("record_count", "mapped_count", "left_out_count", "quarantined_count")
    assert [counts[name] for name in names] == [4, 2, 1, 1]
    (of_feed,) = desk.derived("deliveries")
    assert [of_feed[name] for name in ("feed", "line_count", "accepted_count", "quarantined_count")] == [
        *("generation_events", 3, 2, 1)
    ]
    assert of_feed["accepted_credits"] == Decimal("2.000000")
    (line,) = desk.derived("quarantine")
    assert (line["feed"], line["file_path"], line["line_number"]) == (
        *("generation_events", "press/a.jsonl", 4),
    )
    assert line["text"] == json.dumps(refused)
    assert {row["rule"] for row in rows_of(desk.lake.paths("quarantine"))} == {
        *("json", "json.object", "json.duplicate_key")
    }


def test_any_split_and_order_and_replay_gives_the_same_rows(tmp_path: Path) -> None:
    records = [article(number) for number in range(40)]
    found = []
    for at, parts in enumerate(
        ([records], [records[:13], records[13:]], [records[20:], records[:20]], [records[:25], records[15:]])
    ):
        desk = Desk(tmp_path / str(at))
        for number, part in enumerate(parts):
            desk.load(**{f"part{number}__jsonl": lines(*part)})
            desk.load(**{f"again{number}__jsonl": lines(*part)})
        origin = ("batch_id", "file_path", "line_number")
        rows = {
            json.dumps({name: str(value) for name, value in row.items() if name not in origin})
            for row in desk.derived()
        }
        found.append(rows)
    assert found[0] and all(rows == found[0] for rows in found)


def test_a_batch_mapped_in_many_parts_is_that_mapped_in_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = article(0, no=None)
    texts = [*(article(number) for number in range(20)), *[twin] * 6, article(1, at="never")]
    desk.deliver("radio/mapping.yml", MAPPING.encode())
    desk.deliver("radio/a.jsonl", lines(*texts[5:12]))
    desk.load(a__jsonl=lines(*texts))
    tables = ("generation_events", "deliveries", "quarantine", "mapping_counts")
    before = [desk.derived(table) for table in tables]
    desk.lake.derived.remove()
    monkeypatch.setattr(derived_batch, "_PART_ROWS", 3)
    derive(desk.lake)
    assert [desk.derived(table) for table in tables] == before


def test_identical_records_of_one_file_stay_apart_also_when_it_grows(desk: Desk) -> None:
    twin = article(0, no=None)
    desk.load(a__jsonl=lines(twin, twin))
    desk.load(a__jsonl=lines(twin, twin, twin, article(1)))
    assert [row["continued_after"] for row in rows_of(desk.lake.paths("deliveries"))] == [None, 2]
    ids = Counter(row["event_id"] for row in desk.derived())
    assert len(ids) == 4 and set(ids.values()) == {1}
    desk.load(other__jsonl=lines(twin, twin, article(2)))
    assert len({row["event_id"] for row in desk.derived()}) == 4, "an overlapping export adds nothing"
    (counted,) = [
        row for row in desk.derived("mapping_counts") if row["batch_id"] == 3 and not row["file_path"]
    ]
    assert counted["repeated_count"] == 2


def test_a_bad_mapping_of_a_new_folder_is_named_and_the_rest_is_loaded(desk: Desk) -> None:
    desk.deliver("ledger/mapping.yml", b"feeds:\n  credit_entry: {}\n")
    desk.deliver("ledger/a.csv", b"x\n1\n")
    desk.deliver("press/a.jsonl", lines(article(1)))
    report = desk.ingest()
    (warning,) = report.warnings
    assert warning.startswith("ledger/ was not read: its mapping cannot be used: ledger/mapping.yml:2: ")
    assert desk.lake.mappings.names() == ["press"]
    assert len(desk.records()) == 1
    (unread,) = [row for row in rows_of(desk.lake.paths("deliveries")) if row["status"] == "unread"]
    assert unread["file_path"] == "ledger/"


def test_a_mapping_that_was_used_and_is_broken_stops_the_run_before_anything_is_loaded(desk: Desk) -> None:
    desk.load(a__jsonl=lines(article(1)))
    desk.deliver("press/mapping.yml", b"feeds: {generation_event: {}}\n")
    desk.deliver("press/b.jsonl", lines(article(3)))
    with pytest.raises(LandingError, match=r"press/mapping\.yml:1: .*stay served"):
        desk.ingest()
    assert desk.lake.newest_batch == 1
    derive(desk.lake)
    assert desk.events() == {"a1": Decimal("1.500000")}, "the mapping used last is kept"


def test_without_its_mapping_a_folder_is_not_read_and_its_rows_stay(desk: Desk) -> None:
    desk.load(a__jsonl=lines(article(1)))
    (desk.landing / "press" / "mapping.yml").unlink()
    desk.deliver("press/b.jsonl", lines(article(3)))
    (warning,) = desk.ingest().warnings
    assert "press/ was not read" in warning and "mapping.yml" in warning
    assert derive(desk.lake).mappings.keys() == {"press"}
    shutil.rmtree(desk.landing / "press")
    desk.ingest()
    derive(desk.lake)
    assert desk.events() == {"a1": Decimal("1.500000")}


def test_a_mapping_that_is_no_regular_file_is_not_opened(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yml").write_text(MAPPING)
    (desk.landing / "press" / "mapping.yml").unlink()
    (desk.landing / "press" / "mapping.yml").symlink_to(tmp_path / "elsewhere.yml")
    desk.deliver("press/a.jsonl", lines(article(1)))
    (warning,) = desk.ingest().warnings
    assert "press/mapping.yml: it cannot be opened" in warning
    assert desk.records() == []


def test_files_that_the_mapping_does_not_read_are_named(desk: Desk) -> None:
    desk.deliver("press/mapping.yml", b"reads: {files: '2026/*.jsonl'}\n" + MAPPING.encode())
    for name in ("2026/a.jsonl", "2026/05/b.jsonl", "readme.txt"):
        desk.deliver(f"press/{name}", lines(article(1)))
    (warning,) = desk.ingest().warnings
    assert "the mapping reads only 2026/*.jsonl, not press/2026/05/b.jsonl and press/readme.txt" in warning
    assert {row["file_path"] for row in desk.records()} == {"press/2026/a.jsonl"}


def test_a_changed_mapping_derives_every_batch_again_and_back_again(desk: Desk) -> None:
    first = desk.load(a__jsonl=lines(*(article(number) for number in range(6))))
    second = desk.load(b__jsonl=lines(*(article(number) for number in range(6, 12))))
    assert first.fingerprint == second.fingerprint
    before = desk.derived()
    desk.deliver("press/mapping.yml", MAPPING.replace("places: 6", "places: 0").encode())
    changed = desk.load()
    assert desk.lake.newest_batch == 2 and [batch.name for batch in desk.lake.derived.batches()] == [
        *("000001", "000002")
    ]
    assert is_redefined(f"sha{first.text}", f"sha{changed.text}")
    assert desk.events()["a1"] == Decimal(2)
    assert sum(row["rounded"] or 0 for row in desk.derived("mapping_counts")) == 0  # half to even cancels out
    desk.deliver("press/mapping.yml", b"# as it was\n" + MAPPING.encode())
    assert desk.load().fingerprint == first.fingerprint
    assert desk.derived() == before


def test_another_source_redefines_nothing(desk: Desk) -> None:
    first = desk.load(a__jsonl=lines(article(1)))
    desk.deliver("radio/mapping.yml", MAPPING.encode())
    desk.deliver("radio/a.jsonl", lines(article(1)))
    second = desk.load()
    assert first.text and not is_redefined(f"sha{first.text}", f"sha{second.text}")
    assert not is_redefined("sha", f"sha{first.text}") and is_redefined(f"sha{second.text}", "sha")


def test_the_newest_rate_card_counts_also_if_its_bytes_came_before(desk: Desk) -> None:
    desk.deliver("press/mapping.yml", BY_CARD.encode())

    def card(name: str, rate: str) -> Derivation:
        header = "card,valid_from,unit,credits_per_unit\n"
        desk.deliver(f"rate_cards/{name}.csv", f"{header}press_rate,2026-01-01,usd,{rate}\n".encode())
        return desk.load()

    desk.load(a__jsonl=lines(article(0)))
    assert desk.events() == {}, "without a rate, the row is refused"
    first = card("1", "10")
    assert desk.events() == {"a0": Decimal("5.000000")}
    second = card("2", "30")
    assert desk.events() == {"a0": Decimal("15.000000")}
    assert card("3", "10").text == first.text != second.text
    assert desk.events() == {"a0": Decimal("5.000000")}
    header = "card,valid_from,unit,credits_per_unit\n"
    desk.deliver("rate_cards/other.csv", f"{header}another,2026-01-01,usd,7\n".encode())
    assert desk.load().text == first.text, "a card that no mapping names changes nothing"


def test_killed_at_any_batch_the_next_run_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        desk.load(**{f"f{number}__jsonl": lines(article(number * 3))})
    before = desk.derived()
    desk.deliver("press/mapping.yml", MAPPING.replace("{const: press}", "{const: other}").encode())
    desk.ingest()
    for _ in range(3):
        renamed: list[int] = []
        rename = Path.rename

        def dying(path: Path, target: Path, *, renamed: list[int] = renamed, rename: object = rename) -> Path:
            if renamed:
                raise KeyboardInterrupt
            renamed.append(1)
            return rename(path, target)  # type: ignore[operator,no-any-return]

        with monkeypatch.context() as patched:
            patched.setattr(derived_files.Path, "rename", dying)
            try:
                derive(desk.lake)
            except KeyboardInterrupt:
                continue
    derive(desk.lake)
    assert [row | {"source": "press"} for row in desk.derived()] == [
        row | {"source": "press", "content_hash": changed["content_hash"]}
        for row, changed in zip(before, desk.derived(), strict=True)
    ]
    assert {row["source"] for row in desk.derived()} == {"other"}
    assert len(list(desk.lake.derived.folder.iterdir())) == 1


def test_records_without_a_known_mapping_are_an_error_and_never_dropped(desk: Desk) -> None:
    desk.load(a__jsonl=lines(article(1)))
    shutil.rmtree(desk.lake.root / "mappings")
    with pytest.raises(LandingError, match="batch 1 has records of the folder press, and no mapping"):
        derive(desk.lake)


def test_a_batch_of_an_older_release_has_no_records_and_derives_nothing(desk: Desk) -> None:
    desk.ingest()
    (batch,) = desk.lake.batches()
    (batch / "source_records.parquet").unlink()
    manifest = json.loads((batch / "manifest.json").read_text())
    del manifest["files"]["source_records.parquet"]
    (batch / "manifest.json").write_text(json.dumps(manifest))
    derive(desk.lake)
    assert list(check_lake(desk.lake)) == []
    assert desk.load(a__jsonl=lines(article(1))) and desk.events() == {"a1": Decimal("1.500000")}
    assert desk.lake.paths("source_records") == [desk.lake.batches()[1] / "source_records.parquet"]


def forget(desk: Desk, member_id: str, workspace_id: str | None = None) -> None:
    lake, listed = desk.lake, desk.lake.forgotten
    people = members_with_id(lake, member_id, workspace_id) | {(ANY, member_id)}
    assert people != {(ANY, member_id)}
    for person in people:
        listed.add(person)
    listed.save()
    found = find_personal_data(lake, people)
    erase_people(lake, listed, found, before_names=lambda: derive(lake, names=found.terms) and None)
    listed.settle()


def all_text(desk: Desk) -> str:
    tables = [*(desk.lake.paths(table) for table in TABLES), *(desk.lake.derived.batches(),)]
    files = [
        file
        for found in tables
        for path in found
        for file in ([path] if path.is_file() else path.glob("*.parquet"))
    ]
    return json.dumps([row for file in files for row in pq.read_table(file).to_pylist()], default=str)


def test_a_forgotten_person_is_in_no_record_and_every_number_stays(desk: Desk) -> None:
    notes = {"note": "for ana@press.org", "raw": json.dumps({"by": "ana", "n": 1})}
    records = [article(number, **notes) for number in range(8)] + [article(9, at="x"), article(2, by="ana")]
    desk.load(a__jsonl=lines(*records))
    before = [(row["event_id"], row["credits"]) for row in desk.derived()]
    counts = desk.derived("mapping_counts")
    forget(desk, "ana")
    assert '"ana"' not in all_text(desk).replace("\\", "") and "bob" in all_text(desk)
    assert [(row["event_id"], row["credits"]) for row in desk.derived()] == before
    assert desk.derived("mapping_counts") == counts
    assert list(check_lake(desk.lake)) == []
    again = [record | {"later": 1} for record in records]
    desk.load(b__jsonl=lines(*again))
    assert '"ana"' not in all_text(desk).replace("\\", "")
    of_batch = [{row["member_id"] for row in desk.derived() if row["batch_id"] == batch} for batch in (1, 2)]
    assert of_batch[0] == of_batch[1]


def test_forgetting_in_one_workspace_leaves_the_same_id_in_another(desk: Desk) -> None:
    desk.load(a__jsonl=lines(article(0), article(4, desk="d2"), article(6, no="ana")))
    forget(desk, "ana", "d1")
    found = {row["event_id"]: (row["workspace_id"], row["member_id"]) for row in desk.derived()}
    assert found["a4"] == ("d2", "ana")
    assert found["a0"] != ("d1", "ana") and found["a0"] == found["ana"], "an id of something else stays"


def test_refused_records_are_erased_after_the_retention_and_still_counted(desk: Desk) -> None:
    desk.load(a__jsonl=lines(article(0), article(1, at="soon", by="secret")))
    assert erase_old_rejects(desk.lake, before=NOW) == 0
    assert erase_old_rejects(desk.lake, before=NOW + timedelta(days=1)) == 1
    derive(desk.lake)
    assert "secret" not in all_text(desk)
    (line,) = desk.derived("quarantine")
    assert (line["rule"], line["line_number"], line["text"]) == ("record.erased", 2, None)
    assert [row["quarantined_count"] for row in desk.derived("mapping_counts")] == [1]
    assert erase_old_rejects(desk.lake, before=NOW + timedelta(days=1)) == 0


def test_members_of_another_system_are_inactive_by_their_derived_generations(desk: Desk) -> None:
    desk.load(a__jsonl=lines(article(0), article(1, at="2026-05-03 08:00:00")))
    people = inactive_people(desk.lake, since=datetime(2026, 5, 2, tzinfo=UTC))
    assert people == {("d1", "ana"), (ANY, "ana")}
