"""The ledger against rows made by hand: what each rule of the definitions does to a lot and a day.

Not here: loading entries, policies other than the default, and the forecast that reads the ledger.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.ledger_rows import DAY_0, ENTRY_COLUMNS, book, daily, entry, instant, lot, warned

from forecasting.ledger import draw, draw_down


def test_a_lot_pays_for_usage_and_the_daily_balance_closes() -> None:
    ledger = book([entry("p", 100, 0)], {0: 30, 2: 50}, as_of=3)
    assert daily(ledger, "opening") == [0, 70, 70, 20]
    assert daily(ledger, "funded") == [100, 0, 0, 0]
    assert daily(ledger, "consumed") == [30, 0, 50, 0]
    assert daily(ledger, "closing") == [70, 70, 20, 20]
    assert daily(ledger, "residual") == [0, 0, 0, 0]
    assert lot(ledger, "p")["remaining"] == 20
    assert lot(ledger, "p")["lot_status"] == "active"


def test_usage_before_a_lot_begins_is_overage_and_it_does_not_repay_it() -> None:
    ledger = book([entry("p", 100, 0, starts=2)], {0: 40, 2: 10}, as_of=2)
    assert daily(ledger, "overage") == [40, 0, 0]
    assert daily(ledger, "closing") == [0, 0, 90]


def test_usage_beyond_the_lots_is_overage_of_that_day_only() -> None:
    ledger = book([entry("p", 100, 0), entry("q", 100, 1)], {0: 130, 1: 50}, as_of=1)
    assert daily(ledger, "overage") == [30, 0]
    assert lot(ledger, "p")["lot_status"] == "exhausted"
    assert lot(ledger, "q")["remaining"] == 50


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({"priority": 1}, {"priority": 2, "ends": 5}, id="lower priority number"),
        pytest.param({"ends": 5}, {"ends": 6, "starts": -1}, id="earlier expiry"),
        pytest.param({"ends": 500}, {"ends": None, "starts": -1}, id="any expiry before none"),
        pytest.param({"ends": 5, "starts": -1}, {"ends": 5, "starts": 0}, id="earlier effective date"),
    ],
)
def test_draw_order_is_priority_then_expiry_then_effective_date(first: dict, second: dict) -> None:
    # the ids are against the order, so that an ignored term would show
    ledger = book([entry("z", 100, 0, **first), entry("a", 100, 0, **second)], {1: 120}, as_of=1)
    assert (lot(ledger, "z")["consumed"], lot(ledger, "a")["consumed"]) == (100, 20)


def test_equal_terms_are_drawn_by_lot_id_and_the_time_of_day_does_not_matter() -> None:
    ledger = book([entry("b", 100, 0, hour=1), entry("a", 100, 0, hour=9)], {0: 120}, as_of=0)
    assert (lot(ledger, "a")["consumed"], lot(ledger, "b")["consumed"]) == (100, 20)


def test_what_is_left_expires_on_the_expiry_day_which_is_not_usable() -> None:
    ledger = book([entry("p", 100, 0, ends=2)], {1: 30, 2: 30}, as_of=2)
    assert daily(ledger, "expired") == [0, 0, 70]
    assert daily(ledger, "overage") == [0, 0, 30]
    assert lot(ledger, "p")["lot_status"] == "expired"
    assert not lot(ledger, "p")["is_alive"]


def test_the_day_before_the_expiry_day_is_usable_and_the_lot_alive() -> None:
    ledger = book([entry("p", 100, 0, ends=2)], {1: 30}, as_of=1)
    assert lot(ledger, "p")["remaining"] == 70
    assert lot(ledger, "p")["expired"] == 0
    assert lot(ledger, "p")["is_alive"]


def test_a_lot_used_up_before_its_expiry_is_exhausted_not_expired() -> None:
    assert lot(book([entry("p", 100, 0, ends=2)], {0: 100}, as_of=5), "p")["lot_status"] == "exhausted"


def test_a_lot_that_expires_before_it_is_effective_expires_on_its_effective_day() -> None:
    ledger = book([entry("p", 100, 0, starts=2, ends=1)], {}, as_of=3)
    assert daily(ledger, "funded") == [100, 0]
    assert daily(ledger, "expired") == [100, 0]


def test_what_is_funded_into_an_expired_lot_expires_at_once() -> None:
    ledger = book([entry("p", 100, 0, ends=1), entry("t", 40, 0, lot="p", starts=3)], {3: 10}, as_of=3)
    assert daily(ledger, "expired") == [0, 100, 0, 40]
    assert daily(ledger, "overage") == [0, 0, 0, 10]
    assert daily(ledger, "closing") == [100, 0, 0, 0]


def test_a_top_up_counts_on_its_own_effective_day_under_the_first_purchases_terms() -> None:
    entries = [
        entry("p", 100, 0, ends=9, priority=3),
        entry("t", 50, 0, lot="p", starts=2, ends=4, priority=1, hour=1),
    ]
    ledger = book(entries, {}, as_of=5)
    assert daily(ledger, "funded") == [100, 0, 50, 0, 0, 0]
    assert lot(ledger, "p")["remaining"] == 150
    assert lot(ledger, "p")["priority"] == 3
    assert lot(ledger, "p")["expires_on"] == instant(9)


def test_a_top_up_effective_before_its_lot_counts_on_the_lots_effective_day() -> None:
    ledger = book([entry("p", 100, 0, starts=3), entry("t", 50, 1, lot="p")], {}, as_of=3)
    assert daily(ledger, "funded") == [150]


def test_a_top_up_effective_after_as_of_does_not_count_yet() -> None:
    ledger = book([entry("p", 100, 0), entry("t", 50, 0, lot="p", starts=2)], {}, as_of=1)
    assert lot(ledger, "p")["funded"] == lot(ledger, "p")["remaining"] == 100


def test_the_first_purchase_by_time_then_entry_id_sets_the_terms() -> None:
    entries = [entry("b", 1, 0, lot="l", priority=2), entry("a", 1, 0, lot="l", priority=1)]
    assert lot(book(entries, {}, as_of=0), "l")["priority"] == 1
    entries = [entry("b", 1, 0, lot="l", priority=2), entry("a", 1, 0, lot="l", priority=1, hour=1)]
    assert lot(book(entries, {}, as_of=0), "l")["priority"] == 2


def test_a_refund_of_a_named_lot_counts_on_the_day_it_occurred() -> None:
    entries = [entry("p", 100, 0), entry("r", 20, 2, kind="refund", lot="p", starts=0)]
    ledger = book(entries, {}, as_of=2)
    assert daily(ledger, "funded") == [100, 0, 20]
    assert ledger.lots["lot_id"].tolist() == ["p"]


def test_changes_before_the_lots_effective_day_wait_for_it() -> None:
    changes = [entry("r", 20, 0, kind="refund", lot="p"), entry("v", -50, 1, kind="void", lot="p")]
    ledger = book([entry("p", 100, 0, starts=3), *changes], {}, as_of=3)
    assert (daily(ledger, "funded"), daily(ledger, "voided")) == ([120], [50])


@pytest.mark.parametrize("named", [None, "nobody-funded-it"])
@pytest.mark.parametrize("kind", ["refund", "adjustment"])
def test_a_refund_or_positive_adjustment_without_a_funded_lot_makes_its_own(
    kind: str, named: str | None
) -> None:
    own = entry("r", 20, 0, kind=kind, lot=named, starts=1, ends=4, priority=7)
    ledger = book([own, entry("p", 100, 0)], {1: 5}, as_of=1)
    made = lot(ledger, named or "r")
    assert (made["funded"], made["consumed"], made["priority"]) == (20, 5, 7)
    assert (made["effective_on"], made["expires_on"]) == (instant(1), instant(4))


def test_a_lot_that_is_purchased_later_takes_in_the_refund_that_came_before() -> None:
    entries = [entry("r", 20, 0, kind="refund", lot="l", priority=7), entry("p", 100, 1, lot="l", priority=3)]
    ledger = book(entries, {}, as_of=1)
    assert (lot(ledger, "l")["funded"], lot(ledger, "l")["priority"]) == (120, 3)
    assert daily(ledger, "funded") == [120]


def test_a_void_takes_back_credits_before_the_usage_of_its_day() -> None:
    ledger = book([entry("p", 100, 0), entry("v", -80, 1, kind="void", lot="p", hour=23)], {1: 50}, as_of=1)
    assert (daily(ledger, "voided"), daily(ledger, "consumed")) == ([0, 80], [0, 20])
    assert daily(ledger, "overage") == [0, 30]


def test_a_void_of_the_funding_day_meets_the_funding() -> None:
    ledger = book([entry("v", -80, 0, kind="void", lot="p", hour=1), entry("p", 100, 0, hour=2)], {}, as_of=0)
    assert lot(ledger, "p")["remaining"] == 20


def test_a_reduction_goes_down_to_zero_and_its_excess_is_a_warning() -> None:
    entries = [entry("p", 100, 0), entry("n", -130, 1, kind="adjustment", lot="p")]
    ledger = book(entries, {0: 40}, as_of=1)
    assert (lot(ledger, "p")["voided"], lot(ledger, "p")["remaining"]) == (60, 0)
    assert lot(ledger, "p")["lot_status"] == "voided"
    assert warned(ledger) == [("n", "excess_reduction", 70)]
    assert ledger.warnings["counted_on"].tolist() == [instant(1)]


def test_reductions_of_one_day_come_in_order_of_time_then_entry_id() -> None:
    kinds: dict[str, Any] = {"kind": "void", "lot": "p"}
    entries = [
        entry("c", -60, 1, **kinds),
        entry("b", -60, 1, hour=1, **kinds),
        entry("a", -60, 1, hour=1, **kinds),
    ]
    ledger = book([entry("p", 100, 0), *entries], {}, as_of=1)
    excess = [found for found in warned(ledger) if found[1] == "excess_reduction"]
    assert excess == [("a", "excess_reduction", 20), ("b", "excess_reduction", 60)]


def test_expiry_comes_before_a_void_of_the_same_day() -> None:
    ledger = book([entry("p", 100, 0, ends=1), entry("v", -30, 1, kind="void", lot="p")], {}, as_of=1)
    assert (lot(ledger, "p")["expired"], lot(ledger, "p")["voided"]) == (100, 0)
    assert warned(ledger) == [("v", "excess_reduction", 30)]


@pytest.mark.parametrize("kind", ["void", "adjustment"])
def test_a_reduction_that_names_no_known_lot_has_no_effect_and_warns(kind: str) -> None:
    entries = [entry("p", 100, 0), entry("x", -5, 0, kind=kind), entry("y", -6, 0, kind=kind, lot="gone")]
    ledger = book(entries, {}, as_of=0)
    assert lot(ledger, "p")["remaining"] == 100
    assert warned(ledger) == [("x", "unknown_lot", 5), ("y", "unknown_lot", 6)]
    assert ledger.warnings["counted_on"].isna().all()


def test_a_lot_effective_after_as_of_is_scheduled_and_holds_what_its_entries_leave() -> None:
    changes = [entry("v", -30, 1, kind="void", lot="p"), entry("t", 50, 1, lot="p", starts=9)]
    ledger = book([entry("p", 100, 0, starts=5, ends=8), *changes, entry("now", 10, 0)], {1: 25}, as_of=1)
    scheduled = lot(ledger, "p")
    assert (scheduled["lot_status"], scheduled["is_alive"]) == ("scheduled", False)
    assert (scheduled["funded"], scheduled["voided"], scheduled["remaining"]) == (150, 30, 120)
    assert daily(ledger, "closing") == [10, 0]
    assert daily(ledger, "overage") == [0, 15]


def test_allowance_and_remaining_are_those_of_the_lots_alive() -> None:
    entries = [
        entry("old", 70, 0, ends=2),
        entry("p", 100, 0),
        entry("q", 30, 1),
        entry("s", 500, 0, starts=9),
    ]
    ledger = book(entries, {2: 40}, as_of=2)
    alive = ledger.lots[ledger.lots["is_alive"]]
    assert (alive["funded_micro"].sum(), alive["remaining_micro"].sum()) == (130, 90)
    assert daily(ledger, "closing")[-1] == 90


def allowed(ledger: Any) -> int:
    """The allowance of the lots alive."""
    return int(ledger.lots.loc[ledger.lots["is_alive"], "allowance_micro"].sum())


def test_what_is_taken_back_is_no_allowance() -> None:
    ledger = book([entry("p", 100, 0), entry("v", -70, 1, kind="void", lot="p")], {1: 10}, as_of=2)
    assert (allowed(ledger), lot(ledger, "p")["remaining"]) == (30, 20)


def test_allowance_counts_from_the_last_time_the_lot_stood_at_zero_and_was_filled() -> None:
    entries = [
        entry("p", 100, 0),
        entry("less", -60, 2, kind="adjustment", lot="p"),
        entry("more", 50, 2, lot="p", hour=1),
        entry("top", 5, 3, lot="p"),
    ]
    assert allowed(book(entries, {0: 40}, as_of=3)) == 55
    assert allowed(book(entries, {0: 39}, as_of=3)) == 95, "it never stood at zero"
    assert allowed(book([entry("p", 100, 0), entry("top", 50, 2, lot="p")], {1: 100}, as_of=2)) == 50


def test_a_refund_restores_what_is_left_and_is_no_allowance() -> None:
    back = entry("r", 20, 2, kind="refund", lot="p")
    assert allowed(book([entry("p", 100, 0), back], {1: 100}, as_of=2)) == 100
    filled = book([entry("p", 100, 0), back, entry("top", 30, 3, lot="p")], {1: 100}, as_of=3)
    assert (allowed(filled), lot(filled, "p")["remaining"]) == (30, 50)


def test_entries_of_a_day_count_in_the_order_of_their_instants() -> None:
    refill = [entry("p", 40, 0), entry("v", -40, 1, kind="void", lot="p"), entry("q", 30, 1, lot="p", hour=2)]
    assert lot(book(refill, {}, as_of=1), "p")["remaining"] == 30
    late = [*refill[:1], refill[2], entry("v", -80, 1, kind="void", lot="p", hour=3)]
    assert warned(book(late, {}, as_of=1)) == [("v", "excess_reduction", 10)]


def test_at_one_instant_a_lot_is_opened_then_reduced_then_filled() -> None:
    entries = [
        entry("a", 5, 0, lot="p", starts=1),
        entry("p", 10, 0, lot="p", starts=1),
        entry("v", -30, 1, kind="void", lot="p"),
    ]
    ledger = book(entries, {}, as_of=1)
    assert (lot(ledger, "p")["voided"], lot(ledger, "p")["remaining"]) == (5, 10)


def test_usage_before_the_first_entry_day_is_no_overage() -> None:
    ledger = book([entry("p", 100, 2, starts=3)], {0: 7, 1: 8, 2: 9, 3: 10}, as_of=3)
    assert daily(ledger, "before_ledger") == [7, 8, 0, 0]
    assert daily(ledger, "overage") == [0, 0, 9, 0]
    assert daily(ledger, "usage_residual") == [0, 0, 0, 0]


def extension(day: int, until: int, **columns: Any) -> dict[str, Any]:
    return entry(f"x{day}", 0, day, kind="extension", lot="p", ends=until, **columns)


def test_an_extension_keeps_a_lot_that_has_not_expired() -> None:
    ledger = book([entry("p", 100, 0, ends=3), extension(2, 6)], {4: 30}, as_of=4)
    assert (lot(ledger, "p")["remaining"], lot(ledger, "p")["expires_on"]) == (70, instant(6))
    assert lot(ledger, "p")["expires_at"] == instant(6)
    assert warned(ledger) == []


def test_an_extension_on_the_expiry_day_is_too_late() -> None:
    ledger = book([entry("p", 100, 0, ends=3), extension(3, 6)], {4: 30}, as_of=4)
    assert (lot(ledger, "p")["expired"], daily(ledger, "overage")[-1]) == (100, 30)
    assert warned(ledger) == [("x3", "late_extension", 0)]


def test_a_day_is_drawn_by_the_terms_in_force_that_day() -> None:
    lots = [entry("p", 100, 0, ends=5), entry("q", 100, 0, ends=8)]
    ledger = book([*lots, extension(2, 9)], {1: 10, 2: 20}, as_of=2)
    assert (lot(ledger, "p")["consumed"], lot(ledger, "q")["consumed"]) == (10, 20)


def test_a_refund_of_a_generation_goes_to_the_lot_that_its_day_drew_last() -> None:
    lots = [entry("p", 10, 0, priority=1), entry("q", 100, 0, priority=2, ends=4)]
    back = entry("r", 5, 2, kind="refund", of_usage_on=1)
    ledger = book([*lots, back], {0: 4, 1: 20}, as_of=2)
    assert lot(ledger, "q")["funded"] == 105
    assert sorted(ledger.lots["lot_id"]) == ["p", "q"]
    assert ledger.movements.set_index("entry_id").loc["r", "lot_id"] == "q"


def test_a_refund_makes_a_lot_of_its_own_where_that_lot_is_gone() -> None:
    lots = [entry("p", 10, 0, priority=1), entry("q", 100, 0, priority=2, ends=2)]
    ledger = book([*lots, entry("r", 5, 2, kind="refund", of_usage_on=1)], {1: 20}, as_of=2)
    assert (lot(ledger, "r")["remaining"], lot(ledger, "q")["funded"]) == (5, 100)


def test_a_refund_of_its_own_day_does_not_decide_which_lot_it_goes_to() -> None:
    # with the refund in q, the usage of the day would end in q; without it, in p
    lots = [entry("q", 10, 0, priority=1), entry("p", 100, 0, priority=2)]
    ledger = book([*lots, entry("r", 5, 1, kind="refund", of_usage_on=1)], {1: 12}, as_of=1)
    assert (lot(ledger, "p")["funded"], lot(ledger, "q")["funded"]) == (105, 10)


def found_warnings(*entries: dict[str, Any]) -> list[tuple[str, str, str]]:
    warnings = book(list(entries), {}, as_of=5).warnings
    return list(warnings[["entry_id", "warning", "detail"]].itertuples(index=False, name=None))


def test_other_terms_on_a_lot_are_named_and_ignored() -> None:
    found = found_warnings(
        entry("p", 100, 0, ends=9),
        entry("same", 1, 1, lot="p", ends=9),
        entry("none", 2, 1, lot="p"),
        entry("later", 0, 2, kind="adjustment", lot="p", ends=12),
        entry("rank", 3, 2, lot="p", priority=1),
    )
    assert found == [
        ("later", "other_terms", f"expires_at {instant(12)}, the lot has {instant(9)}"),
        ("rank", "other_terms", "priority 1, the lot has 10"),
    ]


def test_a_lot_that_ends_before_it_begins_and_twins_are_named() -> None:
    found = found_warnings(entry("p", 100, 0, starts=3, ends=2), entry("q", 100, 1, starts=3))
    assert [(name, what) for name, what, _ in found] == [
        ("p", "ends_before_it_begins"),
        ("q", "twin_entry"),
    ]
    assert found[1][2] == "entry p"


def test_balance_rows_are_dense_from_the_first_usage_or_effective_day_to_as_of() -> None:
    days = book([entry("p", 100, 4)], {2: 1}, as_of=6).balance_daily["usage_date"]
    assert days.tolist() == [instant(day) for day in range(2, 7)]
    days = book([entry("p", 100, 4)], {6: 1}, as_of=6).balance_daily["usage_date"]
    assert days.tolist() == [instant(day) for day in range(4, 7)]


def test_before_anything_is_effective_or_used_balance_rows_start_with_the_first_entry() -> None:
    ledger = book([entry("p", 100, 1, starts=5)], {}, as_of=3)
    assert ledger.balance_daily["usage_date"].tolist() == [instant(day) for day in range(1, 4)]
    assert daily(ledger, "closing") == [0, 0, 0]


def test_a_workspace_without_entries_has_no_rows() -> None:
    ledger = book([], {0: 5}, as_of=2)
    assert [len(frame) for frame in (ledger.lots, ledger.balance_daily, ledger.warnings)] == [0, 0, 0]
    full = book([entry("p", 9, 0), entry("v", -10, 0, kind="void", lot="p")], {0: 5}, as_of=2)
    for name in ("lots", "balance_daily", "warnings"):
        pd.testing.assert_series_equal(getattr(ledger, name).dtypes, getattr(full, name).dtypes)


def test_days_may_come_as_python_dates_with_gaps() -> None:
    entries = pd.DataFrame([entry("p", 100, 0), entry("q", 50, 0, ends=1)], columns=ENTRY_COLUMNS)
    for name in ("occurred_on", "effective_on", "expires_on"):
        entries[name] = pd.Series(
            [None if pd.isna(day) else day.date() for day in entries[name]], dtype=object
        )
    usage = pd.DataFrame({"workspace_id": ["w"], "usage_date": [DAY_0], "credits_micro": [60]})
    ledger = draw_down(entries, usage, as_of=DAY_0 + timedelta(days=1))
    assert daily(ledger, "closing") == [90, 90]


def test_sums_beyond_a_double_stay_exact() -> None:
    ledger = book([entry("p", 10**18 + 1, 0)], {0: 10**18 - 1}, as_of=0)
    assert daily(ledger, "closing") == [2]


def test_sums_beyond_64_bits_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"may add up to 4000000000000 credits; w has 5000000000000"):
        book([entry(f"p{n}", 10**18, 0) for n in range(5)], {}, as_of=0)


@pytest.mark.parametrize(("entry_day", "usage_day"), [(3, 1), (1, 3)])
def test_rows_later_than_as_of_are_refused(entry_day: int, usage_day: int) -> None:
    with pytest.raises(ValueError, match="up to as_of 2026-03-03, found 2026-03-04"):
        book([entry("p", 1, entry_day)], {usage_day: 1}, as_of=2)


def test_one_lot_can_be_drawn_by_many_demand_paths_at_once() -> None:
    demand = np.array([[3, 4, 5], [0, 0, 1], [20, 1, 1]])
    left = draw(demand, np.array([10, 10, 10]))
    assert left.tolist() == [[7, 3, 0], [10, 10, 9], [0, 0, 0]]
    assert demand.tolist() == [[0, 0, 2], [0, 0, 0], [10, 1, 1]]
