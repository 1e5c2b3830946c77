"""The oracle against figures calculated by hand from the definitions.

The warehouse is not tested here; it is compared with the oracle elsewhere.
"""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from oracle import GRAINS, Oracle, load_landing

AS_OF = date(2026, 4, 7)
Row = dict[str, Any]
REAL_USAGE = Path(__file__).resolve().parents[3] / "shared" / "data" / "real_usage" / "landing"


def at(text: str) -> datetime:
    """An instant of 2026 in UTC from 'MM-DD' or 'MM-DD HH:MM'."""
    clock = text if " " in text else f"{text} 12:00"
    return datetime.strptime(f"2026-{clock}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def event(event_id: str, when: str = "04-01", **columns: Any) -> Row:
    usual = {"workspace_id": "w", "member_id": "m", "product_id": "p", "generation_type": "meta"}
    return {"event_id": event_id, "occurred_at": at(when), **usual, "credits": Decimal(1), **columns}


def outcome(event_id: str, what: str, when: str = "04-02", outcome_id: str | None = None) -> Row:
    return {
        "outcome_id": outcome_id or f"{event_id}-{what}",
        "event_id": event_id,
        "occurred_at": at(when),
        "outcome": what,
    }


def entry(entry_id: str, kind: str, credits: int, when: str = "03-01", **columns: Any) -> Row:
    row = {"entry_id": entry_id, "entry_type": kind, "credits": Decimal(credits), "occurred_at": at(when)}
    return {"workspace_id": "w", **row, **columns}


def oracle(events: list[Row], outcomes: list[Row] | None = None, as_of: date = AS_OF, **feeds: Any) -> Oracle:
    return Oracle({"generation_events": events, "content_outcomes": outcomes or [], **feeds}, as_of=as_of)


def details(*args: Any, **feeds: Any) -> dict[str, Row]:
    mart = oracle(*args, **feeds).marts()["generation_details"]
    return {event_id: row for (_, event_id), row in mart.items()}


def reasons(*args: Any, **feeds: Any) -> dict[str, tuple[str, str | None]]:
    return {key: (row["disposition"], row["waste_reason"]) for key, row in details(*args, **feeds).items()}


# What is known


def test_repeated_content_is_ignored_and_conflicting_content_loses_to_the_earlier_batch() -> None:
    rows = [
        event("a", credits=Decimal(9), batch_id=2),
        event("a", credits=Decimal("1.50"), batch_id=1),
        event("a", credits=Decimal("1.5"), batch_id=2, recorded_at=at("04-05")),
        event("a", credits=Decimal(7), batch_id=3),
    ]
    assert details(rows)["a"]["credits"] == Decimal("1.5")


def test_within_a_batch_the_lowest_content_hash_wins() -> None:
    rows = [
        event("a", credits=Decimal(1), content_hash="f"),
        event("a", credits=Decimal(2), content_hash="0"),
    ]
    assert details(rows)["a"]["credits"] == 2


def test_a_retraction_removes_its_generation_once_it_is_known_even_if_it_came_first() -> None:
    retraction = {"retraction_id": "r", "event_id": "a", "occurred_at": at("04-03")}
    rows = [event("a", "04-01"), event("b", "04-01")]
    assert set(details(rows, event_retractions=[retraction])) == {"b"}
    assert set(details(rows, as_of=date(2026, 4, 2), event_retractions=[retraction])) == {"a", "b"}


def test_the_newest_zone_decides_the_usage_date_and_what_is_known() -> None:
    zones = [
        {"workspace_id": "w", "timezone": "UTC", "updated_at": at("01-01")},
        {"workspace_id": "w", "timezone": "Asia/Tokyo", "updated_at": at("02-01"), "batch_id": 2},
        {"workspace_id": "w", "timezone": "Asia/Dubai", "updated_at": at("02-01"), "batch_id": 1},
    ]
    rows = [event("a", "04-06 15:30"), event("b", "04-07 15:30")]
    found = details(rows, workspaces=zones)
    assert {key: row["usage_date"] for key, row in found.items()} == {"a": AS_OF}


def test_the_category_is_the_events_else_the_products_else_none() -> None:
    products = [{"workspace_id": "w", "product_id": "p", "category": "shoes"}]
    rows = [event("a", product_category="hats"), event("b"), event("c", product_id="q")]
    found = details(rows, products=products)
    assert [found[key]["product_category"] for key in "abc"] == ["hats", "shoes", "(uncategorised)"]


# Attempts and episodes


def test_four_fields_of_one_product_are_no_regenerations() -> None:
    types = ("description", "meta", "bullets", "keywords")
    summary = oracle([event(t, generation_type=t) for t in types]).marts()["credit_summary"]["w", "30d"]
    assert (summary["attempt_count"], summary["regeneration_count"]) == (4, 0)


def test_a_gap_of_exactly_seven_days_stays_in_the_episode_and_a_minute_more_does_not() -> None:
    rows = [event("a", "03-01 10:00"), event("b", "03-08 10:00"), event("c", "03-15 10:01")]
    found = details(rows)
    numbers = [(found[key]["episode_number"], found[key]["attempt_number"]) for key in "abc"]
    assert numbers == [(1, 1), (1, 2), (2, 1)]


@pytest.mark.parametrize("used_at", ["04-01 11:00", "04-01 12:00"])
def test_a_used_outcome_dated_between_two_attempts_ends_the_episode(used_at: str) -> None:
    rows = [event("a", "04-01 10:00"), event("b", "04-01 11:00"), event("c", "04-01 12:00")]
    # Of an earlier attempt, though not the previous one; the later rejection changes nothing here.
    outcomes = [outcome("a", "accepted", used_at), outcome("a", "rejected", "04-03")]
    found = details(rows, outcomes)
    # An outcome at the exact instant of an attempt is both before it and after it.
    assert [found[key]["episode_number"] for key in "abc"] == ([1, 2, 3] if "11" in used_at else [1, 1, 2])


def test_a_failed_generation_is_no_attempt_and_a_missing_locale_is_its_own_unit() -> None:
    rows = [event("a"), event("b", status="failed"), event("c", locale="en"), event("d", source="x")]
    found = details(rows)
    assert [found[key]["attempt_number"] for key in "abcd"] == [1, None, 1, 2]
    assert reasons(rows)["b"] == ("wasted", "failed_generation")


# Disposition


def test_the_first_matching_rule_decides() -> None:
    rows = [event(key, f"04-01 10:0{minute}") for minute, key in enumerate("abc")]
    assert reasons(rows, [outcome("c", "published"), outcome("a", "discarded")]) == {
        "a": ("wasted", "rejected_content"),
        "b": ("wasted", "excess_regeneration"),
        "c": ("used", None),
    }


def test_the_third_attempt_makes_the_second_excess_but_not_the_first() -> None:
    rows = [event(key, f"04-01 10:0{minute}") for minute, key in enumerate("abc")]
    assert reasons(rows) == {
        "a": ("iterated", None),
        "b": ("wasted", "excess_regeneration"),
        "c": ("untracked", None),
    }


def test_two_attempts_are_iteration_unless_the_first_was_of_low_quality() -> None:
    def draft(score: str) -> tuple[str, str | None]:
        rows = [event("a", "04-01 10:00", quality_score=Decimal(score)), event("b", "04-01 11:00")]
        return reasons(rows)["a"]

    assert draft("0.6") == ("iterated", None)
    assert draft("0.59") == ("wasted", "low_quality_draft")


def test_a_later_attempt_is_iterated_when_an_earlier_one_is_used() -> None:
    rows = [event("a", "04-01 10:00"), event("b", "04-01 11:00")]
    assert reasons(rows, [outcome("a", "edited")])["b"] == ("iterated", None)


def test_content_without_an_outcome_is_untracked_pending_or_unused() -> None:
    rows = [event("old", "03-24", product_id="x"), event("young", "03-25", product_id="y")]
    assert reasons(rows) == {"old": ("untracked", None), "young": ("untracked", None)}
    tracking = [event("t", product_id="z")], [outcome("t", "unpublished")]
    assert reasons([*rows, *tracking[0]], tracking[1]) == {
        "old": ("wasted", "unused_content"),
        "young": ("pending", None),
        "t": ("pending", None),
    }


@pytest.mark.parametrize(
    ("tenth", "reason"),
    [
        ("01-07", "unused_content"),
        ("01-08", "unneeded_field"),
        ("03-24", "unneeded_field"),
        ("03-25", "unused_content"),
    ],
)
def test_a_field_unused_in_ten_mature_episodes_is_unneeded(tenth: str, reason: str) -> None:
    rows = [event(f"e{n}", "03-01", product_id=f"p{n}") for n in range(9)]
    rows.append(event("tenth", tenth))
    rows.append(event("t", generation_type="other"))
    assert reasons(rows, [outcome("t", "accepted")])["e0"] == ("wasted", reason)


def test_variants_of_one_attempt_make_no_further_episode() -> None:
    rows = [event(f"e{n}", "03-01", product_id=f"p{n}") for n in range(9)]
    rows += [event(f"v{n}", "03-01", product_id="p0", request_id="r") for n in range(2)]
    rows.append(event("t", generation_type="other"))
    rows[0]["request_id"] = "r"
    assert reasons(rows, [outcome("t", "accepted")])["e1"] == ("wasted", "unused_content")


def test_flags_overlap_and_the_newest_outcome_but_unpublished_counts() -> None:
    rows = [event(key, f"03-01 10:0{minute}") for minute, key in enumerate("abc")]
    found = details(rows, [outcome("b", "accepted", "03-02"), outcome("b", "rejected", "03-03")])["b"]
    assert found["is_rejected"] and found["is_excess_regeneration"] and found["is_unused"]
    kept = [outcome("c", "accepted", "03-04"), outcome("c", "unpublished", "03-05")]
    assert details(rows, kept)["c"]["current_outcome"] == "accepted"


# Efficiency


def test_shares_ranks_and_the_most_efficient_member_need_ten_products() -> None:
    spends = {"ann": (10, 4), "bob": (10, 3), "cat": (9, 1), "dan": (1, 40)}
    rows = [
        event(f"{member}{n}", member_id=member, product_id=f"{member}{n}", credits=Decimal(cost))
        for member, (products, cost) in spends.items()
        for n in range(products)
    ]
    marts = oracle(rows).marts()
    members = {key[2]: row for key, row in marts["usage_by_member"].items() if key[1] == "30d"}
    assert {m: row["spend_rank"] for m, row in members.items()} == {"ann": 1, "dan": 1, "bob": 3, "cat": 4}
    assert members["ann"]["credit_share"] == Fraction(40, 119)
    assert [m for m, row in members.items() if row["is_most_efficient"]] == ["bob"]
    assert marts["credit_summary"]["w", "30d"]["most_efficient_member_id"] == "bob"
    assert marts["credit_summary"]["w", "30d"]["burn_rate"] == Fraction(119, 7)  # first use on 1 April


def test_equal_credits_per_product_go_to_more_products_then_the_lower_id() -> None:
    products = {"a": 10, "b": 11, "c": 11}
    rows = [event(f"{m}{n}", member_id=m, product_id=f"{m}{n}") for m in products for n in range(products[m])]
    assert oracle(rows).marts()["credit_summary"]["w", "7d"]["most_efficient_member_id"] == "b"


def test_the_last_seven_days_are_as_of_and_the_six_before_it() -> None:
    rows = [event("in", "04-01"), event("out", "03-31"), event("today", "04-07"), event("next", "04-08")]
    assert oracle(rows).marts()["credit_summary"]["w", "7d"]["credits_used"] == 2


def test_expected_credits_count_a_members_unit_once_and_sum_to_the_workspaces_credits() -> None:
    rows = [
        event("a1", "04-01 10:00", member_id="a", product_id="x", credits=Decimal(2)),
        event("a2", "04-01 11:00", member_id="a", product_id="x", credits=Decimal(2)),
        event("a3", "04-01 11:30", member_id="a", product_id="x", credits=Decimal(2)),
        event("b1", member_id="b", product_id="y", credits=Decimal(2)),
    ]
    members = oracle(rows).marts()["usage_by_member"]
    a, b = members["w", "7d", "a"], members["w", "7d", "b"]
    assert (a["expected_credits"], b["expected_credits"]) == (4, 4)
    assert (a["mix_adjusted_efficiency"], b["mix_adjusted_efficiency"]) == (Fraction(3, 2), Fraction(1, 2))
    assert (a["regeneration_rate"], a["regenerated_unit_rate"]) == (Fraction(2, 3), 1)


def test_first_pass_yield_counts_mature_episodes_of_tracked_workspaces_by_their_first_attempt() -> None:
    rows = [
        event("once", "03-24", product_id="1", member_id="a", quality_score=Decimal("0.9")),
        event("twice", "03-10", product_id="2", member_id="a"),
        event("again", "03-11", product_id="2", member_id="b"),
        event("young", "04-01", product_id="3", member_id="a", quality_score=Decimal("0.4")),
    ]
    outcomes = [outcome("once", "accepted", "03-25"), outcome("again", "accepted", "03-12")]
    marts = oracle(rows, outcomes).marts()
    summary = marts["credit_summary"]["w", "30d"]
    assert (summary["first_pass_yield"], summary["mature_episode_count"]) == (Fraction(1, 2), 2)
    assert (summary["first_pass_quality_score"], summary["first_pass_scored_count"]) == (Fraction(13, 20), 2)
    assert marts["credit_summary"]["w", "7d"]["first_pass_yield"] is None
    assert marts["usage_by_member"]["w", "30d", "b"]["mature_episode_count"] == 0
    assert oracle(rows).marts()["credit_summary"]["w", "30d"]["first_pass_yield"] is None


# Ledger


def test_usage_draws_by_priority_then_expiry_and_what_no_lot_covers_is_overage() -> None:
    entries = [
        entry("late", "purchase", 10),
        entry("soon", "purchase", 10, expires_at=at("05-01")),
        entry("first", "grant", 10, priority=1),
    ]
    rows = [event("a", "03-01", credits=Decimal(25)), event("b", "03-02", credits=Decimal(9))]
    marts = oracle(rows, as_of=date(2026, 3, 1), credit_entries=entries).marts()
    consumed = {lot_id: row["consumed"] for (_, lot_id), row in marts["credit_lots"].items()}
    assert consumed == {"first": 10, "soon": 10, "late": 5}
    marts = oracle(rows, credit_entries=entries).marts()
    day = marts["credit_balance_daily"]["w", date(2026, 3, 2)]
    columns = ("opening", "consumed", "overage", "closing", "residual")
    assert [day[column] for column in columns] == [5, 5, 4, 0, 0]
    assert marts["depletion_forecast"]["w", AS_OF]["empty_since"] == date(2026, 3, 2)


@pytest.mark.parametrize(
    "expires_at", [datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)]
)
def test_a_lot_that_ends_with_the_31st_is_usable_on_the_31st(expires_at: datetime) -> None:
    entries = [entry("lot", "purchase", 10, expires_at=expires_at)]
    rows = [event("a", "03-31", credits=Decimal(4)), event("b", "04-01", credits=Decimal(1))]
    lot = oracle(rows, credit_entries=entries).marts()["credit_lots"]["w", "lot"]
    assert (lot["consumed"], lot["expired"], lot["lot_status"]) == (4, 6, "expired")


def test_reductions_count_on_their_day_and_stop_at_zero() -> None:
    entries = [
        entry("lot", "purchase", 10),
        entry("refund", "refund", 5, "03-03", lot_id="lot"),
        entry("top-up", "purchase", 5, "03-03", lot_id="lot", expires_at=at("03-04"), priority=1),
        entry("less", "adjustment", -30, "03-04", lot_id="lot"),
        entry("nobody's", "void", -5, "03-04", lot_id="unknown"),
    ]
    lots = oracle([event("a", "03-02", credits=Decimal(3))], credit_entries=entries).marts()["credit_lots"]
    assert list(lots) == [("w", "lot")]
    lot = lots["w", "lot"]
    columns = ("funded", "consumed", "expired", "voided", "remaining")
    assert [lot[column] for column in columns] == [20, 3, 0, 17, 0]
    assert (lot["expires_at"], lot["priority"]) == (None, 10)


def test_a_void_takes_back_what_remains_before_the_days_usage() -> None:
    entries = [entry("lot", "purchase", 10), entry("v", "void", -10, "03-02", lot_id="lot")]
    rows = [event("a", "03-01", credits=Decimal(4)), event("b", "03-02", credits=Decimal(1))]
    marts = oracle(rows, credit_entries=entries).marts()
    lot = marts["credit_lots"]["w", "lot"]
    assert (lot["voided"], lot["consumed"], lot["lot_status"]) == (6, 4, "voided")
    assert marts["credit_summary"]["w", "90d"]["overage"] == 1


def test_credits_added_to_an_expired_lot_expire_at_once() -> None:
    entries = [
        entry("lot", "purchase", 10, expires_at=at("03-02 00:00")),
        entry("r", "refund", 5, "03-05", lot_id="lot"),
    ]
    day = oracle([], credit_entries=entries).marts()["credit_balance_daily"]["w", date(2026, 3, 5)]
    assert (day["funded"], day["expired"], day["closing"]) == (5, 5, 0)


def test_a_scheduled_lot_is_listed_but_counts_in_neither_allowance_nor_remaining() -> None:
    entries = [entry("now", "purchase", 10), entry("next", "grant", 50, effective_at=at("05-01"))]
    marts = oracle([event("a")], credit_entries=entries).marts()
    lot = marts["credit_lots"]["w", "next"]
    assert (lot["remaining"], lot["lot_status"]) == (50, "scheduled")
    summary = marts["credit_summary"]["w", "30d"]
    assert (summary["allowance"], summary["credits_remaining"]) == (10, 9)
    assert marts["depletion_forecast"]["w", AS_OF]["next_grant_on"] == date(2026, 5, 1)


# Burn and forecast


def test_the_example_of_5000_credits_is_empty_on_may_12() -> None:
    days = [AS_OF - timedelta(days=n) for n in range(30)]
    rows = [event(f"{day}", day.strftime("%m-%d"), credits=Decimal(78)) for day in days]
    marts = oracle(rows, credit_entries=[entry("plan", "purchase", 5000)]).marts()
    summary = marts["credit_summary"]["w", "30d"]
    assert (summary["credits_used"], summary["allowance"], summary["burn_rate"]) == (2340, 5000, 78)
    forecast = marts["depletion_forecast"]["w", AS_OF]
    assert (forecast["forecast_status"], forecast["pace_date"]) == ("ok", date(2026, 5, 12))


@pytest.mark.parametrize(("left", "pace"), [(365, date(2027, 4, 7)), (366, None)])
def test_a_pace_date_is_at_most_365_days_ahead(left: int, pace: date | None) -> None:
    rows = [event(f"e{n}", f"04-0{n}") for n in range(1, 8)]
    forecast = oracle(rows, credit_entries=[entry("lot", "purchase", 7 + left)]).marts()["depletion_forecast"]
    assert forecast["w", AS_OF]["pace_date"] == pace


@pytest.mark.parametrize(
    ("events", "bought", "status"),
    [
        ([event("a")], None, "no_ledger"),
        ([event("a", credits=Decimal(10))], 10, "already_empty"),
        ([event("a", "03-01")], 10, "no_burn"),
        ([], 10, "no_burn"),
        ([event("a")], 10, "insufficient_history"),
        ([event("a", "03-01"), event("b", "04-01", credits=Decimal("0.01"))], 10, "ok"),
    ],
)
def test_the_first_status_that_applies_is_given(events: list[Row], bought: int | None, status: str) -> None:
    entries = [entry("lot", "purchase", bought)] if bought else []
    forecast = oracle(events, credit_entries=entries).marts()["depletion_forecast"]["w", AS_OF]
    assert forecast["forecast_status"] == status


# Reading and reconciling


def test_landing_files_of_every_kind_are_read_as_typed_rows(tmp_path: Path) -> None:
    folder = tmp_path / "generation_events"
    folder.mkdir()
    with gzip.open(folder / "a.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write('{"event_id": "a", "occurred_at": "2026-04-01T10:00:00.1234567+02:00", "credits": 1.1}\n')
    (folder / "b.csv").write_text("event_id,occurred_at,credits,locale\nb,2026-04-01T10:00:00Z,0.30,\n")
    (folder / "c.json").write_text('[{"event_id": "c", "occurred_at": "2026-04-01", "credits": "1"}]')
    with pytest.raises(ValueError, match="occurred_at must be instant"):
        load_landing(tmp_path)
    (folder / "c.json").unlink()
    rows = load_landing(tmp_path, batch_ids={"generation_events/b.csv": 2})["generation_events"]
    assert [row["credits"] for row in rows] == [Decimal("1.1"), Decimal("0.30")]
    assert rows[0]["occurred_at"] == datetime(2026, 4, 1, 8, 0, 0, 123456, tzinfo=UTC)
    assert (rows[1]["locale"], rows[1]["batch_id"]) == (None, 2)


def test_neither_order_nor_replay_changes_a_figure() -> None:
    rows = [event(f"e{n}", f"03-{1 + n % 30:02}", product_id=f"p{n % 7}") for n in range(60)]
    outcomes = [
        outcome(f"e{n}", ("accepted", "rejected")[n % 2], f"03-{1 + n % 31:02}") for n in range(0, 60, 3)
    ]
    entries = [entry(f"l{n}", "purchase", 20, f"03-0{n + 1}") for n in range(3)]
    shuffled = rows[::-2] + rows[::2] + rows, outcomes[::-1] * 2
    assert (
        oracle(*shuffled, credit_entries=entries[::-1] * 2).marts()
        == oracle(rows, outcomes, credit_entries=entries).marts()
    )


@pytest.mark.skipif(not REAL_USAGE.is_dir(), reason="the reference data is not next to the repository")
def test_real_usage_reconciles_per_workspace_and_day() -> None:
    rows = load_landing(REAL_USAGE)
    marts = Oracle(rows, as_of=date(2026, 4, 30)).marts()
    assert set(marts) == set(GRAINS)
    cube = marts["usage_daily"].values()
    parts = ("used_credits", "iterated_credits", "wasted_credits", "pending_credits", "untracked_credits")
    assert all(row["credits"] == sum(row[part] for part in parts) for row in cube)
    assert sum(row["generation_count"] for row in cube) == 5522
    booked = sum(row["consumed"] + row["overage"] for row in marts["credit_balance_daily"].values())
    used = sum(row["credits"] for row in rows["generation_events"])
    assert booked == used == sum(row["credits"] for row in cube)
    assert all(row["residual"] == 0 for row in marts["credit_balance_daily"].values())
