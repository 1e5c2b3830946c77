"""A person erased from the lake: no trace is left, every number stays, at whatever step the process dies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import durable_files
from orchestration.lake.batch_writer import TABLES
from orchestration.lake.erasure import rewriting
from orchestration.lake.erasure.erase import (
    erase_old_rejects,
    erase_people,
    find_personal_data,
    forgotten_people,
    inactive_people,
    members_with_id,
    mention_mask,
)
from orchestration.lake.erasure.forgotten_list import ANY
from orchestration.lake.integrity import check_lake
from orchestration.lake.lake import Lake

NOW = datetime(2026, 4, 8, tzinfo=UTC)
TRACES = ("m_zoe", "zoë", "zo\\u00eb", "zoe@example.com")
FORGOTTEN_COLUMNS = {
    "generation_events": {"member_id", "attributes"},
    "content_outcomes": {"member_id", "attributes"},
    "members": {"member_id", "name", "email", "team", "attributes", "content_hash"},
    "event_retractions": {"reason"},
    "budgets": {"scope_id"},
    "quarantine": {"text", "value", "reason"},
}


def event(number: int, **values: object) -> dict[str, object]:
    return {
        "event_id": f"e{number}",
        "occurred_at": "2026-04-07T09:30:00Z",
        "workspace_id": "w1",
        "member_id": "m_zoe" if number % 2 else "m_mike",
        "product_id": "p1",
        "generation_type": "meta",
        "credits": "1.25",
    } | values


def outcome(number: int, **values: object) -> dict[str, object]:
    at = {"occurred_at": "2026-04-07T10:30:00Z", "outcome": "accepted"}
    return {"outcome_id": f"o{number}", "event_id": f"e{number}", "member_id": "m_zoe"} | at | values


BUDGET: dict[str, object] = {"workspace_id": "w1", "period": "month", "credits": 100}
FEEDS: dict[str, list[object]] = {
    "generation_events": [
        *(event(number, attributes={"note": "by m_zoe"} if number < 4 else None) for number in range(40)),
        event(50, credits="-1", member_id="m_zoe"),
        event(51, credits="Zoë", member_id="m_mike"),
        event(52, credits="-1", member_id="m_mike"),
        event(60, workspace_id="w2", member_id="m_zoe"),
    ],
    "content_outcomes": [outcome(1), outcome(3, workspace_id="w1"), outcome(5, member_id="m_mike")],
    "members": [
        {"member_id": "m_zoe", "workspace_id": "w1", "name": "Zoë", "email": "zoe@example.com", "team": "Z"},
        {"member_id": "m_mike", "workspace_id": "w1", "name": "Mike", "email": "mike@example.com"},
        {"member_id": "m_zoe", "workspace_id": "w2", "name": "Another", "email": "another@example.com"},
    ],
    "event_retractions": [
        {
            "retraction_id": "r1",
            "event_id": "e7",
            "occurred_at": "2026-04-07T11:00:00Z",
            "reason": "Zoë asked for it",
        }
    ],
    "budgets": [
        BUDGET | {"budget_id": "b1", "scope": "member", "scope_id": "m_zoe"},
        BUDGET | {"budget_id": "b2", "scope": "member", "scope_id": "m_mike"},
        BUDGET | {"budget_id": "b3", "scope": "team", "scope_id": "Z"},
        BUDGET | {"budget_id": "b1", "scope": "member", "scope_id": "m_zoe", "workspace_id": "w2"},
    ],
}


def deliver(landing: Path, name: str) -> None:
    for feed, rows in FEEDS.items():
        (landing / feed).mkdir(parents=True, exist_ok=True)
        # other bytes, or the file would be skipped as known
        lines = "".join(json.dumps(row) + "\n" for row in rows) + "\n" * len(name)
        (landing / feed / f"{name}.jsonl").write_text(lines)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing folder, and a lake of two batches with the same rows."""
    root = tmp_path_factory.mktemp("loaded")
    for name in ("a", "bb"):
        deliver(root / "landing", name)
        Lake(root / "raw").ingest(root / "landing", now=NOW)
    return root


@pytest.fixture
def landing(loaded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(loaded / "landing", tmp_path / "landing")


@pytest.fixture
def lake(loaded: Path, landing: Path, tmp_path: Path) -> Lake:
    return Lake(shutil.copytree(loaded / "raw", tmp_path / "raw"))


def rows_of(lake: Lake) -> dict[str, list[dict[str, object]]]:
    return {
        name: [row for path in lake.paths(name) for row in pq.read_table(path).to_pylist()] for name in TABLES
    }


def texts_of(lake: Lake) -> Iterator[tuple[str, str, str]]:
    """Every cell that is text, with its table and its workspace."""
    for name, rows in rows_of(lake).items():
        for row in rows:
            for value in row.values():
                if isinstance(value, str):
                    yield name, str(row.get("workspace_id")), value


def traces(lake: Lake, *, exclude_workspace: str | None = None) -> list[tuple[str, str, str]]:
    return [
        found
        for found in texts_of(lake)
        if found[1] != exclude_workspace and any(trace in found[2].casefold() for trace in TRACES)
    ]


def forget(lake: Lake, workspace_id: str | None = None) -> None:
    people = members_with_id(lake, "m_zoe", workspace_id) | {(ANY, "m_zoe")}
    listed = lake.forgotten
    for person in people:
        listed.add(person)
    listed.save()
    erase_people(lake, listed, find_personal_data(lake, people), before_names=lambda: None)
    listed.settle()


def test_erasing_leaves_no_trace_of_the_person_and_changes_nothing_else(lake: Lake) -> None:
    assert len(traces(lake)) > 50
    before = rows_of(lake)
    forget(lake)
    assert traces(lake) == []
    assert list(check_lake(lake)) == []
    for name, rows in rows_of(lake).items():
        kept = [{**row, **dict.fromkeys(FORGOTTEN_COLUMNS.get(name, ()))} for row in rows]
        assert kept == [{**row, **dict.fromkeys(FORGOTTEN_COLUMNS.get(name, ()))} for row in before[name]], (
            name
        )
    raw = b"".join(path.read_bytes() for path in lake.root.rglob("*") if path.is_file())
    assert not any(trace.encode() in raw.lower() for trace in TRACES)


def test_no_hash_of_a_name_or_an_address_is_left(lake: Lake) -> None:
    before = {row["content_hash"] for row in rows_of(lake)["members"] if row["member_id"] == "m_zoe"}
    forget(lake)
    assert not before & {row["content_hash"] for row in rows_of(lake)["members"]}


def test_one_token_replaces_the_person_in_a_workspace_and_others_keep_their_ids(lake: Lake) -> None:
    forget(lake)
    rows = rows_of(lake)
    of_zoe = {row["member_id"] for row in rows["generation_events"] if int(str(row["event_id"])[1:]) % 2}
    (token,) = of_zoe
    assert str(token).startswith("forgotten-") and len(str(token)) == 26
    members = [(row["workspace_id"], row["member_id"], row["name"]) for row in rows["members"][:3]]
    (other,) = {row["member_id"] for row in rows["generation_events"] if row["workspace_id"] == "w2"}
    assert members == [("w1", token, None), ("w1", "m_mike", "Mike"), ("w2", other, None)]
    assert other != token
    quarantined = [(row["rule"], row["text"] is None, row["remedy"]) for row in rows["quarantine"][:3]]
    assert [is_erased for _, is_erased, _ in quarantined] == [True, True, False]
    assert all(remedy for _, _, remedy in quarantined)


def test_the_same_member_id_in_another_workspace_is_not_erased(lake: Lake) -> None:
    forget(lake, "w1")
    assert traces(lake, exclude_workspace="w2") == []
    rows = rows_of(lake)
    assert {row["member_id"] for row in rows["generation_events"] if row["workspace_id"] == "w2"} == {"m_zoe"}
    assert [row["name"] for row in rows["members"] if row["workspace_id"] == "w2"] == ["Another"] * 2


def test_a_redelivery_is_a_duplicate_and_does_not_restore_the_person(lake: Lake, landing: Path) -> None:
    forget(lake)
    before = rows_of(lake)
    deliver(landing, "ccc")
    assert lake.ingest(landing, now=NOW).batch_id == 3
    left = traces(lake)
    assert not [text for _, _, text in left if "m_zoe" in text or "zoe@example.com" in text]
    # the list has ids, not names: remarks with only the name are not recognised
    assert {table for table, _, _ in left} == {"quarantine", "event_retractions"}
    for name, key in {"generation_events": "event_id", "content_outcomes": "outcome_id"}.items():
        known = {(row[key], row["member_id"], row["content_hash"]) for row in before[name]}
        assert {(row[key], row["member_id"], row["content_hash"]) for row in rows_of(lake)[name]} == known
    members = rows_of(lake)["members"]
    assert len(members) == 9
    assert {(row["member_id"], row["content_hash"]) for row in members} == {
        (row["member_id"], row["content_hash"]) for row in before["members"]
    }


def test_the_list_holds_neither_ids_nor_names(lake: Lake) -> None:
    forget(lake)
    content = (lake.root / "forgotten.json").read_text()
    assert not any(trace in content.lower() for trace in (*TRACES, "w1", "w2"))


class Killed(BaseException):
    """The process dies here."""


def die_at_sync(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Die at the step-th time that something is flushed to the disk; a dead process removes no file."""
    steps = iter(range(step))

    def sync(path: Path) -> None:
        if next(steps, None) is None:
            monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: None)
            raise Killed

    for module in (durable_files, rewriting):
        monkeypatch.setattr(module, "sync", sync)


@pytest.mark.parametrize(
    "step", [step if step % 4 == 0 else pytest.param(step, marks=pytest.mark.slow) for step in range(22)]
)
def test_an_erasure_killed_at_any_step_loses_nothing_and_the_next_run_completes_it(
    lake: Lake, landing: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    counts = {name: len(rows) for name, rows in rows_of(lake).items()}
    with monkeypatch.context() as patched, pytest.raises(Killed):
        die_at_sync(patched, step)
        forget(lake)
    assert {name: len(rows) for name, rows in rows_of(lake).items()} == counts
    lake.ingest(landing, now=NOW)
    assert list(check_lake(lake)) == []
    listed = lake.forgotten
    if listed:
        assert listed.is_pending
        erase_people(
            lake, listed, find_personal_data(lake, forgotten_people(lake, listed)), before_names=lambda: None
        )
    else:
        forget(lake)
    assert traces(lake) == []
    assert list(check_lake(lake)) == []
    assert {name: len(rows) for name, rows in rows_of(lake).items()} == counts


def test_the_check_reports_an_interrupted_rewrite(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "settle_batch", lambda batch: None)
    forget(lake)
    found = list(check_lake(lake))
    assert found and all("is waiting to be replaced" in text for text in found)


def test_old_rejected_lines_lose_their_content_and_keep_rule_and_remedy(lake: Lake, landing: Path) -> None:
    before = rows_of(lake)
    assert erase_old_rejects(lake, before=NOW) == 0
    assert rows_of(lake) == before
    deliver(landing, "ccc")
    lake.ingest(landing, now=NOW + timedelta(days=2))
    assert erase_old_rejects(lake, before=NOW + timedelta(days=1)) == 2
    assert erase_old_rejects(lake, before=NOW + timedelta(days=1)) == 0
    assert list(check_lake(lake)) == []
    rejected = rows_of(lake)["quarantine"]
    assert [(row["text"] is None, row["value"] is None) for row in rejected] == [(True,) * 2] * 6 + [
        (False,) * 2
    ] * 3
    assert [row["reason"] for row in rejected[:2]] == [
        "credits must be at least 0",
        "credits must be a plain decimal number",
    ]
    kept = ("batch_id", "file_path", "line_number", "rule", "column_name", "remedy")
    assert [[row[name] for name in kept] for row in rejected[:6]] == [
        [row[name] for name in kept] for row in before["quarantine"]
    ]


def test_members_are_inactive_when_their_last_generation_is_too_old(tmp_path: Path) -> None:
    folder = tmp_path / "landing" / "generation_events"
    folder.mkdir(parents=True)
    on = "2026-0{}-01T00:00:00Z".format
    events = [
        event(1, occurred_at=on(1), member_id="old"),
        event(2, occurred_at=on(1), member_id="both"),
        event(3, occurred_at=on(4), member_id="both"),
        event(4, occurred_at=on(1), member_id="moved"),
        event(5, occurred_at=on(4), member_id="moved", workspace_id="w2"),
        event(6, occurred_at=on(1), member_id=None),
    ]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in events))
    lake = Lake(tmp_path / "raw")
    lake.ingest(folder.parent, now=NOW)
    since = datetime(2026, 2, 1, tzinfo=UTC)
    assert inactive_people(lake, since=since) == {("w1", "old"), (ANY, "old"), ("w1", "moved")}
    assert inactive_people(lake, since=datetime(2026, 1, 1, tzinfo=UTC)) == set()


def test_a_person_who_is_only_in_rejected_lines_is_erased(tmp_path: Path) -> None:
    folder = tmp_path / "landing" / "generation_events"
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        (folder / f"{name}.jsonl").write_text(json.dumps(event(1, credits=f"-{name}")) + "\n")
    lake = Lake(tmp_path / "raw")
    lake.ingest(folder.parent, now=NOW)
    forget(lake)
    assert traces(lake) == []


def test_a_person_whose_id_was_read_as_a_column_name_is_erased(lake: Lake, tmp_path: Path) -> None:
    """In a file without a header, the first line is read as column names."""
    landing = tmp_path / "headerless"
    (landing / "members").mkdir(parents=True)
    (landing / "members" / "m.csv").write_text("m_zoe,w1,Zoë,zoe@example.com\nm_x,w1,X,x@example.com\n")
    lake.ingest(landing, now=NOW)
    assert any("m_zoe" in str(row["unknown_columns"]) for row in rows_of(lake)["deliveries"])
    forget(lake)
    assert not any("m_zoe" in str(row) for row in rows_of(lake)["deliveries"])
    assert list(check_lake(lake)) == []


def test_the_list_alone_finds_mentions_after_a_kill(lake: Lake) -> None:
    """No row has the id any more, but texts that mention it are still found."""
    forget(lake)
    nobody = find_personal_data(lake, forgotten_people(lake, lake.forgotten)).mentions
    texts = pa.chunked_array([["member m_zoe has", "member m_mike has", None]])
    assert mention_mask(nobody, lake.forgotten)(texts).to_pylist() == [True, False, False]
