"""Rows that come again changed, results of one request, usage without ids, and credits given back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from oracle import Oracle
from oracle.comparison import differences, lake_rows
from support.product import Credits, NightlyRun, nightly_run, published_rows

# runs of its own take half a minute; the same rules are shown on models, on the lake and in histories
pytestmark = pytest.mark.slow
AS_OF = "2026-05-31"
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def event(event_id: str, day: str, credits: str = "2", **columns: Any) -> dict[str, Any]:
    usual = {"workspace_id": "studio", "member_id": "ana", "generation_type": "meta", "product_id": event_id}
    return (
        {"event_id": event_id, "occurred_at": f"2026-05-{day}T09:00:00Z", "credits": credits}
        | usual
        | columns
    )


def outcome(event_id: str, what: str, day: str) -> dict[str, Any]:
    row = {"outcome_id": f"o-{event_id}", "event_id": event_id, "outcome": what}
    return row | {"occurred_at": f"2026-05-{day}T12:00:00Z"}


def entry(entry_id: str, kind: str, credits: str, day: str, **columns: Any) -> dict[str, Any]:
    row = {"entry_id": entry_id, "workspace_id": "studio", "entry_type": kind, "credits": credits}
    return row | {"occurred_at": f"2026-05-{day}T00:00:00Z"} | columns


NIGHTS: tuple[Rows, ...] = (
    {
        "generation_events": [
            event("grows", "04", "3", revision=1),
            event("moves", "05", "7", product_id="lamp"),
            event("filled", "06"),
            event("back", "07", "9", status="failed"),
            event("partly", "07", "9", status="failed"),
            *(
                event(f"v{n}", "08", request_id="click", product_id="rug", quality_score=n / 10)
                for n in (1, 2, 4)
            ),
            *(event(f"chat{n}", "09", product_id="-", member_id="None") for n in range(5)),
            *(event("twice", "11", credits, workspace_id="other") for credits in ("1", "2")),
        ],
        "content_outcomes": [outcome("v2", "published", "09")],
        "credit_entries": [entry("bought", "purchase", "500", "01")],
    },
    {
        "generation_events": [
            event("grows", "04", "5", revision=3),
            event("moves", "12", "7", product_id="vase", revision=1),
            event("filled", "06", product_category="Shoes", model="m-5"),
            event("twice", "11", "3", workspace_id="other", revision=1),
        ],
        "credit_entries": [
            entry("all of it", "refund", "9", "20", related_event_id="back"),
            entry("some of it", "refund", "4", "20", related_event_id="partly", related_source="native"),
        ],
    },
    {"generation_events": [event("grows", "04", "4", revision=2), event("late", "10")]},
)


def deliver(landing: Path, night: int) -> Path:
    for feed, rows in NIGHTS[night].items():
        (landing / feed).mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (landing / feed / f"{night}.jsonl").write_text(text)
    return landing


@pytest.fixture(scope="module")
def first_night(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> tuple[NightlyRun, str]:
    """The first night, and what `credits status` says after it."""
    root = tmp_path_factory.mktemp("nights")
    run = nightly_run(credits_command, deliver(root / "landing", 0), root / "data", AS_OF)
    return run, credits_command("status", "--data-dir", run.data_dir).stdout


@pytest.fixture(scope="module")
def nights(credits_command: Credits, first_night: tuple[NightlyRun, str]) -> NightlyRun:
    run, _ = first_night
    for night in range(1, len(NIGHTS)):
        run = nightly_run(credits_command, deliver(run.landing, night), run.data_dir, AS_OF)
    return run


def details(run: NightlyRun) -> dict[object, tuple[object, ...]]:
    columns = "event_id, usage_date, credits, disposition, attempt_number, attempt_count, product_category"
    return {row[0]: row[1:] for row in run.query(f"select {columns} from marts.generation_details")}


def test_the_highest_revision_counts_whatever_order_it_came_in(nights: NightlyRun) -> None:
    found = details(nights)
    assert found["grows"][:2] == (date(2026, 5, 4), Decimal(5))
    assert found["moves"][:2] == (date(2026, 5, 12), Decimal(7))
    assert nights.query("select credits from marts.usage_daily where usage_date = '2026-05-05'") == []
    assert found["twice"][1] == Decimal(3)


def test_a_row_that_only_fills_what_was_empty_is_taken(nights: NightlyRun) -> None:
    assert details(nights)["filled"][-1] == "Shoes"
    assert "0 lines or files" in nights.result.stdout


def test_results_of_one_request_are_one_attempt(nights: NightlyRun) -> None:
    found = details(nights)
    assert [found[f"v{n}"][2:5] for n in (1, 2, 4)] == [
        ("iterated", 1, 1),
        ("used", 1, 1),
        ("iterated", 1, 1),
    ]
    cube = "select attempt_count, regeneration_count, generation_count from marts.usage_daily"
    assert nights.query(f"{cube} where usage_date = '2026-05-08'") == [(1, 0, 3)]
    # (0.1 + 0.2 + 0.4) / 3 is one of the scores; no other is scored
    score = "select first_pass_quality_score, first_pass_scored_count from marts.credit_summary"
    assert nights.query(f"{score} where period = '30d' and workspace_id = 'studio'") == [
        (Decimal("0.233333333333"), 1)
    ]


def test_usage_without_ids_is_no_waste_and_counts_as_no_one_and_nothing(nights: NightlyRun) -> None:
    found = details(nights)
    assert {found[f"chat{n}"][2:5] for n in range(5)} == {("untracked", None, None)}
    member = "select member_name, credits, product_count, credits_per_product, is_most_efficient"
    shown = nights.query(
        f"{member} from marts.usage_by_member where member_id = '(no member)' and period = '30d'"
    )
    assert shown == [("(no member)", Decimal(10), 0, None, False)]
    assert nights.query(
        "select member_count, product_count from marts.credit_summary "
        "where period = '30d' and workspace_id = 'studio'"
    ) == [(1, 7)]


def test_credits_given_back_in_full_are_refunded_and_those_in_part_are_named(nights: NightlyRun) -> None:
    found = details(nights)
    assert (found["back"][2], found["partly"][2]) == ("refunded", "wasted")
    sums = "select refunded_credits, partly_refunded_credits, wasted_credits from marts.usage_daily"
    assert nights.query(f"{sums} where usage_date = '2026-05-07'") == [(9, 4, 9)]


def test_a_restatement_names_a_correction_and_a_refund(nights: NightlyRun) -> None:
    restated = nights.query(
        "select usage_date, cause, credits_before, credits_after, wasted_credits_before, "
        "wasted_credits_after from marts.restatements "
        "where cause in ('correction', 'late') or usage_date = '2026-05-07' order by all"
    )
    assert restated == [
        (date(2026, 5, 4), "correction", 3, 5, 3, 5),
        (date(2026, 5, 5), "correction", 7, 0, 7, 0),
        (date(2026, 5, 6), "correction", 2, 2, 2, 2),
        (date(2026, 5, 7), "ledger", 18, 18, 18, 9),
        (date(2026, 5, 10), "late", 0, 2, 0, 2),
        (date(2026, 5, 11), "correction", 2, 3, 0, 0),
        (date(2026, 5, 12), "correction", 0, 7, 0, 7),
    ]


@pytest.mark.parametrize("order", [((0, 1, 2),), ((2,), (1,), (0,))], ids=str)
def test_nights_in_any_order_publish_what_one_night_does(
    order: tuple[tuple[int, ...], ...], credits_command: Credits, nights: NightlyRun, tmp_path: Path
) -> None:
    for loaded in order:
        for night in loaded:
            deliver(tmp_path / "landing", night)
        run = nightly_run(credits_command, tmp_path / "landing", tmp_path / "data", AS_OF)
    assert published_rows(run.published) == published_rows(nights.published)
    expected = Oracle(lake_rows(nights.data_dir / "raw"), as_of=date.fromisoformat(AS_OF)).marts()
    assert differences(nights.published, expected) == []


def test_a_conflict_says_what_to_do_in_each_of_three_cases_and_the_remedy_holds(
    first_night: tuple[NightlyRun, str], nights: NightlyRun, credits_command: Credits
) -> None:
    _, status = first_night
    for words in ("higher revision", "complete days", "set source for each workspace", "never retract"):
        assert words in status.replace("\n", " "), words
    assert "twice" in status
    assert "twice" not in credits_command("status", "--data-dir", nights.data_dir).stdout
