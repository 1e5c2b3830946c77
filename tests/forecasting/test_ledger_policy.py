"""The ledger under policies a team may choose: another draw order, and credits that repay overage.

Not here: what every policy has in common, and where a policy is read from.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from support.ledger_rows import DAY_0, ENTRY_COLUMNS, book, daily, entry, instant, lot, warned

from forecasting.ledger import DRAW_TERMS, DrawPolicy, draw_down

REPAID = DrawPolicy(repays_overage=True)

# each is the first by one term; the first by id happened last
LOTS = [
    entry("a", 10, 0, priority=2, ends=9, hour=5),
    entry("by_effective", 10, 0, priority=2, ends=9, starts=-2),
    entry("by_expiry", 10, 0, priority=2, ends=5),
    entry("by_priority", 10, 0, priority=1),
]


@pytest.mark.parametrize(
    ("draw_order", "expected"),
    [
        (DRAW_TERMS, ["by_priority", "by_expiry", "by_effective", "a"]),
        (("expires_on", "effective_on"), ["by_expiry", "by_effective", "a", "by_priority"]),
        (("effective_on", "priority"), ["by_effective", "by_priority", "a", "by_expiry"]),
        (("expires_on",), ["by_expiry", "a", "by_effective", "by_priority"]),
        (("lot_id", "priority"), ["a", "by_effective", "by_expiry", "by_priority"]),
        ((), ["a", "by_effective", "by_expiry", "by_priority"]),
    ],
)
def test_lots_are_drawn_by_the_terms_of_the_policy_then_by_lot_id(
    draw_order: tuple[str, ...], expected: list[str]
) -> None:
    for count, lot_id in enumerate(expected):
        ledger = book(LOTS, {1: 10 * count + 1}, as_of=1, policy=DrawPolicy(draw_order=draw_order))
        assert lot(ledger, lot_id)["consumed"] == 1


def test_another_draw_order_lets_other_credits_expire() -> None:
    entries = [entry("soon", 100, 0, ends=2, priority=2), entry("late", 100, 0, ends=9, priority=1)]
    by_expiry = DrawPolicy(draw_order=("expires_on", "priority"))
    default, changed = (
        book(entries, {0: 80}, as_of=3),
        book(entries, {0: 80}, as_of=3, policy=by_expiry),
    )
    assert (daily(default, "expired"), daily(default, "closing")[-1]) == ([0, 0, 100, 0], 20)
    assert (daily(changed, "expired"), daily(changed, "closing")[-1]) == ([0, 0, 20, 0], 100)


@pytest.mark.parametrize(
    "draw_order",
    [
        ("priority", "expiry"),
        ("priority", "lot_id", "priority"),
        None,
        "priority",
        ["priority"],
        (["priority"],),
    ],
)
def test_a_draw_order_of_anything_but_the_terms_is_refused(draw_order: Any) -> None:
    with pytest.raises(ValueError) as refused:
        DrawPolicy(draw_order=draw_order)
    rule = "names out of priority, expires_on, effective_on, lot_id, each once at most"
    assert f"{rule}; found {draw_order!r}. Remove" in str(refused.value)


@pytest.mark.parametrize("repays_overage", ["false", None, 1])
def test_repaying_overage_is_true_or_false(repays_overage: Any) -> None:
    with pytest.raises(ValueError, match=f"repays_overage is a boolean; found {repays_overage!r}"):
        DrawPolicy(repays_overage=repays_overage)


def test_a_later_lot_repays_overage_on_the_day_it_becomes_usable() -> None:
    ledger = book([entry("p", 100, 0, starts=2)], {0: 40, 2: 10, 3: 5}, as_of=3, policy=REPAID)
    assert daily(ledger, "consumed") == [0, 0, 50, 5]
    assert daily(ledger, "overage") == [40, 0, -40, 0]
    assert daily(ledger, "closing") == [0, 0, 50, 45]
    assert daily(ledger, "residual") == [0, 0, 0, 0]
    assert (lot(ledger, "p")["consumed"], lot(ledger, "p")["residual"]) == (55, 0)


def test_overage_is_repaid_as_far_as_the_credits_go_and_the_rest_by_the_next() -> None:
    entries = [entry("p", 30, 0, starts=1), entry("q", 100, 3)]
    ledger = book(entries, {0: 40, 1: 5, 2: 7}, as_of=3, policy=REPAID)
    assert daily(ledger, "overage") == [40, -25, 7, -22]
    assert pd.Series(daily(ledger, "overage")).cumsum().tolist() == [40, 15, 22, 0]
    assert (lot(ledger, "p")["lot_status"], lot(ledger, "q")["remaining"]) == ("exhausted", 78)


def test_a_later_lot_does_not_pay_again_for_what_another_lot_has_paid() -> None:
    entries = [entry("first", 100, 0, priority=2), entry("preferred", 100, 2, priority=1)]
    ledger = book(entries, {0: 60, 2: 10}, as_of=2, policy=REPAID)
    assert (lot(ledger, "first")["consumed"], lot(ledger, "preferred")["consumed"]) == (60, 10)


def test_overage_is_repaid_in_draw_order() -> None:
    entries = [entry("z", 30, 0, starts=1, priority=1), entry("a", 30, 0, starts=1, priority=2)]
    ledger = book(entries, {0: 40}, as_of=1, policy=REPAID)
    assert (lot(ledger, "z")["remaining"], lot(ledger, "a")["remaining"]) == (0, 20)


def test_top_ups_and_refunds_repay_on_their_own_day() -> None:
    entries = [
        entry("p", 10, 0),
        entry("t", 20, 0, lot="p", starts=2, hour=1),
        entry("r", 30, 3, kind="refund", lot="p"),
    ]
    ledger = book(entries, {0: 45}, as_of=3, policy=REPAID)
    assert daily(ledger, "consumed") == [10, 0, 20, 15]
    assert daily(ledger, "overage") == [35, 0, -20, -15]


def test_credits_that_are_taken_back_or_expire_at_once_repay_nothing() -> None:
    entries = [
        entry("v", -80, 1, kind="void", lot="p"),
        entry("p", 100, 0, starts=1),
        entry("over", 50, 2, starts=2, ends=1),
        entry("scheduled", 50, 2, starts=9),
    ]
    ledger = book(entries, {0: 60}, as_of=2, policy=REPAID)
    assert daily(ledger, "overage") == [60, -20, 0]
    assert (lot(ledger, "over")["expired"], lot(ledger, "scheduled")["remaining"]) == (50, 50)
    assert warned(ledger) == [("over", "ends_before_it_begins", 0)]


def test_what_expires_before_the_next_credits_is_not_kept_for_overage() -> None:
    entries = [entry("p", 10, 0, ends=1), entry("q", 100, 3, ends=5)]
    ledger = book(entries, {1: 4, 5: 7}, as_of=6, policy=REPAID)
    assert daily(ledger, "overage") == [0, 4, 0, -4, 0, 7, 0]
    assert daily(ledger, "expired") == [0, 10, 0, 0, 0, 96, 0]


def test_no_workspace_repays_the_overage_of_another() -> None:
    entries = [entry("p", 100, 0, starts=1, workspace=workspace) for workspace in ("v", "w", "x")]
    rows = [("v", instant(0), 130), ("x", instant(0), 3)]
    used = pd.DataFrame(rows, columns=["workspace_id", "usage_date", "credits_micro"])
    ledger = draw_down(
        pd.DataFrame(entries, columns=ENTRY_COLUMNS), used, as_of=DAY_0.replace(day=2), policy=REPAID
    )
    remaining = ledger.lots.set_index("workspace_id")["remaining_micro"]
    assert remaining.to_dict() == {"v": 0, "w": 100, "x": 97}
    assert daily(ledger, "overage") == [130, -100, 0, 3, -3]


def test_no_ledger_is_needed_to_repay_nothing() -> None:
    ledger = book([], {0: 5}, as_of=1, policy=REPAID)
    assert [len(frame) for frame in (ledger.lots, ledger.balance_daily, ledger.warnings)] == [0, 0, 0]
    ledger = book([entry("x", -5, 0, kind="void")], {0: 5}, as_of=1, policy=REPAID)
    assert (daily(ledger, "overage"), warned(ledger)) == ([5, 0], [("x", "unknown_lot", 5)])
