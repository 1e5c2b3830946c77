"""What is delivered and has no effect is a warning on every surface, until it is delivered right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from support.product import Credits, NightlyRun, nightly_run

pytestmark = pytest.mark.slow

REFERENCES = "references_name_known_events"
FAR = "nothing_is_dated_far_after_as_of"
ALIKE = "ids_do_not_look_alike"
EVENT = {
    "source": "app",
    "workspace_id": "kiosk",
    "member_id": "ann",
    "product_id": "p1",
    "generation_type": "meta",
    "credits": "2",
}


def deliver(landing: Path, feed: str, name: str, rows: Sequence[dict[str, str]]) -> None:
    folder = landing / feed
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def event(number: int, day: str, **values: str) -> dict[str, str]:
    return EVENT | {"event_id": f"e{number}", "occurred_at": f"{day}T10:00:00Z"} | values


def outcome(number: int, **values: str) -> dict[str, str]:
    happened = {"occurred_at": "2026-05-10T12:00:00Z", "outcome": "published"}
    return {"outcome_id": f"o{number}", "event_id": f"e{number}"} | happened | values


def failed(run: NightlyRun) -> dict[str, str]:
    """The warnings of the newest run and what they observed."""
    return {
        str(name): str(observed)
        for name, observed in run.query(
            "select check_name, observed from marts.data_quality where not passed "
            "and run_id = (select max_by(run_id, checked_at) from marts.data_quality)"
        )
    }


def state(run: NightlyRun) -> list[list[tuple[object, ...]]]:
    with duckdb.connect(str(run.data_dir / "warehouse.duckdb"), read_only=True) as warehouse:
        return [
            sorted(map(repr, warehouse.execute(f"select {columns} from facts.{table}").fetchall()))
            for table, columns in (
                ("int_references_unknown", "*"),
                ("int_rows_waiting", "* exclude (row_id)"),
                ("fct_look_alike_ids", "*"),
            )
        ]


@pytest.fixture(scope="module")
def first_night(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """Outcomes and a retraction without the source of their events, some of which are yet to come."""
    root = tmp_path_factory.mktemp("without_effect")
    landing = root / "landing"
    events = [event(number, "2026-05-10") for number in (1, 2)]
    events += [event(3, "2026-05-09", member_id="Ann "), event(8, "2027-12-01")]
    deliver(landing, "generation_events", "1", events)
    outcomes = [outcome(1), outcome(2), outcome(5, source="app"), outcome(3, source="app")]
    later = outcome(6, event_id="e3", source="app", occurred_at="2026-05-12T00:00:00Z")
    deliver(landing, "content_outcomes", "1", [*outcomes, later])
    retraction = {"retraction_id": "r4", "event_id": "e4", "occurred_at": "2026-05-10T12:00:00Z"}
    deliver(landing, "event_retractions", "1", [retraction])
    bought = {"entry_type": "purchase", "workspace_id": "kiosk", "credits": "100"}
    entries = [("now", "2026-05-01"), ("june", "2026-06-01")]
    deliver(
        landing,
        "credit_entries",
        "1",
        [bought | {"entry_id": name, "occurred_at": f"{day}T00:00:00Z"} for name, day in entries],
    )
    return nightly_run(credits_command, landing, root / "data", "2026-05-10")


def test_what_names_nothing_known_is_counted_with_the_source_that_would_join(first_night: NightlyRun) -> None:
    assert failed(first_night)[REFERENCES] == (
        "1 case: 4 of 6 outcomes and retractions name no event that is known; 2 would with source app, "
        "such as content_outcomes o1 names event e1 of source native"
    )


def test_the_end_of_a_run_says_what_waits_and_until_when(first_night: NightlyRun) -> None:
    waiting = [line for line in first_night.result.stdout.splitlines() if line.startswith("waiting")]
    assert waiting == [
        "waiting      1 content_outcomes dated after as_of, the latest 2026-05-12: o6",
        "waiting      1 credit_entries dated after as_of, the latest 2026-06-01: june",
        "waiting      1 generation_events dated after as_of, the latest 2027-12-01: e8",
    ]


def test_a_warning_is_named_at_the_end_of_the_run_in_status_on_the_page_and_in_data_quality(
    first_night: NightlyRun, credits_command: Credits
) -> None:
    status = credits_command("status", "--data-dir", first_night.data_dir)
    page = (first_night.published / "report" / "kiosk.html").read_text(encoding="utf-8")
    for name in (REFERENCES, FAR, ALIKE):
        for text in (first_night.result.stdout, status.stdout, " ".join(failed(first_night))):
            assert name in text
        words = name.replace("_", " ")
        assert f"“{words}” does not hold in " in page
    for text in (first_night.result.stdout, status.stdout):
        assert "generation_events e8 of app, dated 2027-12-01" in text
        assert 'workspace kiosk, member ids (1): "Ann " = "ann"' in text


def test_a_warning_ends_when_the_events_or_the_right_source_come(
    first_night: NightlyRun, credits_command: Credits
) -> None:
    landing = first_night.landing
    deliver(landing, "generation_events", "2", [event(number, "2026-05-11") for number in (4, 5)])
    deliver(landing, "content_outcomes", "2", [outcome(number, source="app") for number in (1, 2)])
    second = nightly_run(credits_command, landing, first_night.data_dir, "2026-05-12")

    assert failed(second)[REFERENCES] == (
        "1 case: 1 of 8 outcomes and retractions name no event that is known; 1 would with source app, "
        "such as event_retractions r4 names event e4 of source native"
    )
    assert "content_outcomes dated after" not in second.result.stdout


def test_a_full_refresh_finds_the_same_without_effect(
    first_night: NightlyRun, credits_command: Credits
) -> None:
    landing = first_night.landing
    deliver(landing, "generation_events", "3", [event(number, "2026-05-11") for number in (6, 7)])
    kept = state(nightly_run(credits_command, landing, first_night.data_dir, "2026-05-12"))
    whole = nightly_run(credits_command, landing, first_night.data_dir, "2026-05-12", "--full-refresh")
    assert state(whole) == kept
