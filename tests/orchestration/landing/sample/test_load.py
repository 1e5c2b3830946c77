"""A sample load matches its truth.json when its files are read back in plain Python.

Not here: the sample team of five (test_write.py).
"""

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orchestration.landing.contract import FEEDS
from orchestration.landing.sample import load as load_module
from orchestration.landing.sample.write import SampleError, write_load
from orchestration.landing.typing.exact_rows import read_row

END, DAYS, EVENTS, WORKSPACES = date(2026, 4, 7), 45, 30_000, 12
SHARES: dict[str, Any] = {
    "duplicate_share": 0.05,
    "conflict_share": 0.01,
    "late_share": 0.02,
    "retracted_share": 0.01,
    "bad_share": 0.01,
}
USED, REJECTED = {"accepted", "edited", "published"}, {"rejected", "discarded"}
Row = dict[str, Any]


@dataclass
class Load:
    """A load read back: sound lines as (file date, row), the faults of the others, events by id."""

    truth: Row
    lines: list[tuple[date, Row]]
    bad: Counter[str]
    events: dict[str, Row]
    outcomes: list[Row]
    retracted: set[str]
    zones: dict[str, ZoneInfo]

    def local_date(self, row: Row) -> date:
        at = datetime.fromisoformat(row["occurred_at"])
        return at.astimezone(self.zones[row["workspace_id"]]).date()

    def planted(self, flaw: str) -> list[tuple[str, Any]]:
        found = [(w, truth[flaw]) for w, truth in self.truth["workspaces"].items() if truth[flaw]]
        assert found
        return found


def fault_of(line: str) -> str | None:
    """Why the contract rejects a line; only the rules that the planted faults need."""
    try:
        row = json.loads(line, parse_float=Decimal)
    except json.JSONDecodeError:
        return "half_written_line"
    for column in ("event_id", "credits"):
        if column not in row:
            return f"missing_{column}"
    credits_charged = Decimal(row["credits"])
    checks: dict[str, Callable[[], bool]] = {
        "credits_not_a_number": lambda: not credits_charged.is_finite(),
        "negative_credits": lambda: credits_charged < 0,
        "too_many_digits": lambda: -int(credits_charged.as_tuple().exponent) > 6,
        "time_without_offset": lambda: datetime.fromisoformat(row["occurred_at"]).tzinfo is None,
        "unknown_status": lambda: row.get("status", "succeeded") not in {"succeeded", "failed"},
        "quality_above_1": lambda: not 0 <= row.get("quality_score", 0) <= 1,
    }
    return next((reason for reason, is_broken in checks.items() if is_broken()), None)


def content(row: Row) -> Row:
    return {key: value for key, value in row.items() if key not in {"recorded_at", "attributes"}}


def read_load(out: Path) -> Load:
    def texts(feed: str) -> list[tuple[date, str]]:
        found = []
        for path in sorted((out / feed).glob("load-*")):
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            day = date.fromisoformat(path.name.removeprefix("load-")[:10])
            found += [(day, line) for line in raw.decode().splitlines()]
        return found

    bad: Counter[str] = Counter()
    lines: list[tuple[date, Row]] = []
    for day, line in texts("generation_events"):
        fault = fault_of(line)
        if fault is None:
            lines.append((day, json.loads(line, parse_float=Decimal)))
        else:
            bad[fault] += 1
    workspaces = [json.loads(line) for line in (out / "workspaces" / "load.jsonl").read_text().splitlines()]
    return Load(
        truth=json.loads((out / "truth.json").read_text()),
        lines=lines,
        bad=bad,
        events={row["event_id"]: row for _, row in lines},
        outcomes=[json.loads(line) for _, line in texts("content_outcomes")],
        retracted={json.loads(line)["event_id"] for _, line in texts("event_retractions")},
        zones={row["workspace_id"]: ZoneInfo(row["timezone"]) for row in workspaces},
    )


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("load")
    write_load(folder, workspaces=WORKSPACES, days=DAYS, events=EVENTS, seed=11, end_date=END, **SHARES)
    return folder


@pytest.fixture(scope="module")
def load(out: Path) -> Load:
    return read_load(out)


def excess_share(load: Load, workspace: str, *, of: str | None = None, exclude: str | None = None) -> float:
    """Share of episodes with 3 or more attempts, of one ruleset or of all but one."""
    used_at: dict[str, list[str]] = defaultdict(list)
    for outcome in load.outcomes:
        if outcome["outcome"] in USED:
            used_at[outcome["event_id"]].append(outcome["occurred_at"])
    units: dict[Any, list[Row]] = defaultdict(list)
    for row in load.events.values():
        if row["workspace_id"] == workspace and "status" not in row:
            units[row["product_id"], row["generation_type"], row.get("locale")].append(row)
    episodes: list[list[Row]] = []
    for attempts in units.values():
        attempts.sort(key=lambda row: (row["occurred_at"], row["event_id"]))
        for i, row in enumerate(attempts):
            previous = attempts[i - 1] if i else row
            gap = datetime.fromisoformat(row["occurred_at"]) - datetime.fromisoformat(previous["occurred_at"])
            kept = any(
                previous["occurred_at"] <= at <= row["occurred_at"]
                for earlier in attempts[:i]
                for at in used_at[earlier["event_id"]]
            )
            if i == 0 or kept or gap > timedelta(days=7):
                episodes.append([])
            episodes[-1].append(row)
    counted = [
        e for e in episodes if (of is None or e[0]["ruleset_id"] == of) and e[0]["ruleset_id"] != exclude
    ]
    assert len(counted) >= 20
    return sum(len(episode) >= 3 for episode in counted) / len(counted)


def current_outcomes(load: Load) -> dict[str, str]:
    found: dict[str, tuple[str, str, str]] = {}
    for row in load.outcomes:
        if row["outcome"] in USED | REJECTED:
            newest = (row["occurred_at"], row["outcome_id"], row["outcome"])
            found[row["event_id"]] = max(newest, found.get(row["event_id"], newest))
    return {event: outcome for event, (_, _, outcome) in found.items()}


def test_events_and_credits_are_exactly_those_of_the_arguments_and_the_truth(load: Load) -> None:
    assert len(load.events) == load.truth["generation_events"] == EVENTS
    totals: dict[str, Decimal] = defaultdict(Decimal)
    live: dict[str, Decimal] = defaultdict(Decimal)
    counts = Counter(row["workspace_id"] for row in load.events.values())
    for event_id, row in load.events.items():
        totals[row["workspace_id"]] += Decimal(row["credits"])
        if event_id not in load.retracted:
            live[row["workspace_id"]] += Decimal(row["credits"])
    assert len(counts) == WORKSPACES
    for workspace, truth in load.truth["workspaces"].items():
        assert Decimal(truth["credits"]) == totals[workspace]
        assert Decimal(truth["live_credits"]) == live[workspace]
        assert truth["generation_events"] == counts[workspace]
    assert Decimal(load.truth["credits"]) == sum(totals.values())
    assert Decimal(load.truth["live_credits"]) == sum(live.values())
    assert load.truth["live_generation_events"] == EVENTS - len(load.retracted)


def test_the_faults_are_planted_in_exactly_the_numbers_of_the_truth(load: Load) -> None:
    by_event: dict[str, list[Row]] = defaultdict(list)
    for _, row in load.lines:
        by_event[row["event_id"]].append(content(row))
    conflicting = sum(any(other != rows[0] for other in rows) for rows in by_event.values())
    planted = load.truth["planted"]
    assert conflicting == planted["conflicting"] == EVENTS // 100
    assert len(load.lines) - len(load.events) - conflicting == planted["duplicate"] == EVENTS // 20
    assert len(load.retracted) == planted["retracted"] == EVENTS // 100
    assert load.retracted <= set(load.events)
    assert dict(load.bad) == planted["bad"]
    assert sum(planted["bad"].values()) == EVENTS // 100 and len(planted["bad"]) == 9
    assert all(row["attributes"] == {"redelivered": True} for _, row in load.lines if "attributes" in row)


def test_a_late_event_is_first_delivered_in_the_file_of_a_later_day(load: Load) -> None:
    first_file: dict[str, date] = {}
    for day, row in load.lines:
        first_file[row["event_id"]] = min(day, first_file.get(row["event_id"], day))
    behind = Counter(
        (day - date.fromisoformat(load.events[event]["occurred_at"][:10])).days
        for event, day in first_file.items()
    )
    assert sum(behind.values()) - behind[0] == load.truth["planted"]["late"]
    assert 0.9 * EVENTS // 50 <= load.truth["planted"]["late"] <= EVENTS // 50
    assert set(behind) == set(range(6))


def test_a_conflict_does_not_change_the_credits_whichever_side_wins(load: Load) -> None:
    by_event: dict[str, set[str]] = defaultdict(set)
    for _, row in load.lines:
        by_event[row["event_id"]].add(row["credits"])
    assert all(len(amounts) == 1 for amounts in by_event.values())


def test_a_bad_ruleset_has_at_least_twice_the_share_of_three_attempts(load: Load) -> None:
    for workspace, bad in load.planted("bad_ruleset"):
        assert excess_share(load, workspace, of=bad) >= 2 * excess_share(load, workspace, exclude=bad) > 0


def test_an_unneeded_field_is_never_used_and_all_others_are(load: Load) -> None:
    outcome = current_outcomes(load)
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in load.events.values():
        rows[row["workspace_id"]].append(row)
    planted = dict(load.planted("unneeded_field"))
    for workspace, truth in load.truth["workspaces"].items():
        if not truth["is_outcome_tracked"]:
            assert not any(row["event_id"] in outcome for row in rows[workspace])
            continue
        attempts: Counter[tuple[str, str]] = Counter()
        used: Counter[tuple[str, str]] = Counter()
        for row in rows[workspace]:
            if "product_category" in row:
                field = (row["product_category"], row["generation_type"])
                attempts[field] += 1
                used[field] += outcome.get(row["event_id"]) in USED
        never = {field for field, count in attempts.items() if count >= 15 and not used[field]}
        unneeded = planted.get(workspace)
        expected = {(unneeded["product_category"], unneeded["generation_type"])} if unneeded else set()
        assert never == expected


def test_a_hasty_member_rejects_at_least_twice_as_much_as_the_others(load: Load) -> None:
    outcome = current_outcomes(load)
    for workspace, hasty in load.planted("hasty_member"):
        with_outcome = [
            row
            for row in load.events.values()
            if row["workspace_id"] == workspace and row["event_id"] in outcome
        ]
        rejected: dict[bool, list[bool]] = {True: [], False: []}
        for row in with_outcome:
            rejected[row["member_id"] == hasty].append(outcome[row["event_id"]] in REJECTED)
        assert len(rejected[True]) >= 20
        share = {is_hasty: sum(found) / len(found) for is_hasty, found in rejected.items()}
        assert share[True] >= 2 * share[False] > 0


def test_a_healthy_workspace_has_no_flaw(load: Load) -> None:
    outcome = current_outcomes(load)
    healthy = [w for w, truth in load.truth["workspaces"].items() if truth["is_healthy"]]
    assert "ws_00001" in healthy and 2 <= len(healthy) < WORKSPACES
    assert excess_share(load, "ws_00001") < 0.06
    outcomes = [
        outcome[e] for e, row in load.events.items() if row["workspace_id"] == "ws_00001" and e in outcome
    ]
    assert sum(what in REJECTED for what in outcomes) / len(outcomes) < 0.06


def test_every_event_is_on_a_local_day_of_the_load(load: Load) -> None:
    days = {load.local_date(row) for row in load.events.values()}
    assert (min(days), max(days), len(days)) == (END - timedelta(days=DAYS - 1), END, DAYS)
    assert all(load.local_date(row) <= END for row in load.outcomes)
    assert all(row["occurred_at"] > load.events[row["event_id"]]["occurred_at"] for row in load.outcomes)
    assert (
        len({row["outcome_id"] for row in load.outcomes})
        == len(load.outcomes)
        == load.truth["content_outcomes"]
    )


def test_workspaces_differ_in_size_and_weekends_are_quieter(load: Load) -> None:
    sizes = [truth["generation_events"] for truth in load.truth["workspaces"].values()]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > 5 * sizes[-1]
    per_weekday = Counter(load.local_date(row).weekday() for row in load.events.values())
    assert max(per_weekday[5], per_weekday[6]) < 0.7 * min(per_weekday[day] for day in range(5))
    assert len(set(load.zones.values())) == 7


def test_every_member_and_product_is_named_in_its_feed(out: Path, load: Load) -> None:
    with (out / "members" / "load.csv").open(newline="") as file:
        members = [row["member_id"] for row in csv.DictReader(file)]
    products = [json.loads(line) for line in (out / "products" / "load.jsonl").read_text().splitlines()]
    categories = {row["product_id"]: row["category"] for row in products}
    assert len(set(members)) == len(members) and len(categories) == len(products)
    for row in load.events.values():
        assert categories[row["product_id"]] == row.get("product_category", categories[row["product_id"]])
    assert {row["member_id"] for row in load.events.values()} <= set(members)
    assert set(categories) == {row["product_id"] for row in load.events.values()}


def test_the_ledger_has_every_kind_of_entry_and_only_known_lots(out: Path, load: Load) -> None:
    entries = [json.loads(line) for line in (out / "credit_entries" / "load.jsonl").read_text().splitlines()]
    lots = {row["entry_id"] for row in entries if row["entry_type"] in {"purchase", "grant"}}
    assert {row["entry_type"] for row in entries} == {"purchase", "grant", "refund", "adjustment", "void"}
    assert all(
        row["lot_id"] in lots for row in entries if row["entry_type"] in {"refund", "adjustment", "void"}
    )
    assert all((int(row["credits"]) < 0) == (row["entry_type"] in {"adjustment", "void"}) for row in entries)
    assert all(load.local_date(row) <= END for row in entries)
    assert {row["workspace_id"] for row in entries} == {
        workspace for workspace, truth in load.truth["workspaces"].items() if truth["has_ledger"]
    }


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    def contents(folder: Path, **arguments: Any) -> dict[str, bytes]:
        report = write_load(folder, workspaces=3, days=9, events=900, end_date=END, **arguments)
        found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        assert report.files == tuple(sorted(found))
        return found

    first = contents(tmp_path / "a", seed=1, **SHARES)
    assert contents(tmp_path / "a", seed=1, **SHARES) == first
    assert contents(tmp_path / "b", seed=1, **SHARES) == first
    assert contents(tmp_path / "c", seed=2, **SHARES) != first
    assert contents(tmp_path / "a", seed=1).keys() != first.keys(), "no file of the first load stays behind"
    zipped = contents(tmp_path / "d", seed=1, zipped=True, **SHARES)
    assert {
        name.removesuffix(".gz"): gzip.decompress(raw) if name.endswith(".gz") else raw
        for name, raw in zipped.items()
    } == first


def test_a_workspace_larger_than_a_batch_is_generated_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_module, "SHARD_EVENTS", 400)
    monkeypatch.setattr(load_module, "BATCH_EVENTS", 1000)
    report = write_load(tmp_path, events=5003, seed=5, **SHARES)
    load = read_load(tmp_path)
    assert len(load.events) == 5003
    assert sum(Decimal(row["credits"]) for row in load.events.values()) == report.credits
    assert load.truth["planted"]["duplicate"] == 250
    assert report.lines["generation_events"] == len(load.lines) + load.bad.total()
    products = (tmp_path / "products" / "load.jsonl").read_text().splitlines()
    assert len({json.loads(line)["product_id"] for line in products}) == len(products)
    (bad,) = {bad for _, bad in load.planted("bad_ruleset")}
    assert excess_share(load, "ws_00000", of=bad) >= 2 * excess_share(load, "ws_00000", exclude=bad)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workspaces": 0}, "found 0 workspaces"),
        ({"workspaces": 5, "events": 4}, "found 5 workspaces, 4 events"),
        ({"days": 0}, "found 0. Pass days=1"),
        ({"late_share": 0.7}, "late_share.*found 0.7"),
        ({"bad_share": -0.1}, "bad_share.*found -0.1"),
    ],
)
def test_invalid_arguments_of_a_load_are_errors(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(SampleError, match=message):
        write_load(tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [1, 2, 7])
def test_the_smallest_loads_are_complete(tmp_path: Path, size: int) -> None:
    write_load(tmp_path, workspaces=size, days=1, events=size, bad_share=0.5, retracted_share=0.5)
    assert len(read_load(tmp_path).events) == size


def test_a_load_has_budgets_only_if_asked_each_of_them_good(tmp_path: Path) -> None:
    sizes: dict[str, Any] = {"workspaces": 2, "days": 20, "events": 300}
    write_load(tmp_path / "without", **sizes)
    assert not (tmp_path / "without" / "budgets").exists()
    report = write_load(tmp_path / "with", **sizes, budgets=True)
    lines = (tmp_path / "with" / "budgets" / "load.jsonl").read_text().splitlines()
    rows = [read_row(FEEDS["budgets"], line, timezones=frozenset()).values for line in lines]
    assert report.lines["budgets"] == len(rows) == 2 * 4
    assert Counter((row["workspace_id"], row["budget_id"]) for row in rows).most_common(1)[0][1] == 2
    assert {row["scope"] for row in rows} == {"workspace", "team", "member"}
