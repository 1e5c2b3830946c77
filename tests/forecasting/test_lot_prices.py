"""What a credit costs, by entries and usage made by hand: each rule of prices, and the draws of a day.

Not here: which lot pays for which day (test_ledger.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from support.ledger_rows import DAY_0, book, entry, instant

from forecasting.lot_prices import STEPS, PricedLedger, price_draws

Overage = tuple[int | None, str | None]  # the day from which it holds, and the price


def paid(entry_id: str, credits: int, day: int, amount: str | None, **terms: Any) -> dict[str, Any]:
    """An entry of whole credits with an amount, in EUR unless `currency` says otherwise."""
    currency = terms.pop("currency", "EUR")
    row = entry(entry_id, credits * 10**6, day, **terms)
    return row | {"amount": None if amount is None else Decimal(amount), "currency": currency}


def priced(
    entries: list[dict[str, Any]], usage: dict[int, int], *, as_of: int, overage: Sequence[Overage] = ()
) -> PricedLedger:
    """The priced draws of workspace `w`; usage in whole credits by day."""
    terms = ["amount", "currency"]
    bare = [{name: value for name, value in row.items() if name not in terms} for row in entries]
    ledger = book(bare, {day: credits * 10**6 for day, credits in usage.items()}, as_of=as_of)
    versions = pd.DataFrame(
        [
            {"workspace_id": "w", "version_number": number, "from_on": instant(day), "currency": "EUR"}
            | {"overage_price": None if price is None else Decimal(price)}
            for number, (day, price) in enumerate(overage)
        ],
        columns=["workspace_id", "version_number", "from_on", "overage_price", "currency"],
    )
    return price_draws(ledger.draws, ledger.movements, pd.DataFrame(entries), versions)


def prices(found: PricedLedger) -> list[tuple[int, str, Decimal | None]]:
    """Day, lot (or kind) and price of each draw."""
    rows = found.draws.astype(object).where(found.draws.notna(), None)
    return [
        (
            (day.date() - DAY_0).days,
            lot or kind,
            None if steps is None else Decimal(steps) / STEPS,
        )
        for day, lot, kind, steps in zip(
            rows["usage_date"], rows["lot_id"], rows["draw_kind"], rows["unit_price_steps"], strict=True
        )
    ]


def test_a_purchase_is_priced_by_its_amount() -> None:
    found = priced([paid("p", 100, 0, "5.25")], {0: 10, 1: 20}, as_of=1)
    assert prices(found) == [(0, "p", Decimal("0.0525")), (1, "p", Decimal("0.0525"))]
    assert found.draws["currency"].tolist() == ["EUR", "EUR"]


def test_a_top_up_averages_what_is_unspent_and_nothing_of_the_past_is_repriced() -> None:
    # 50 of 100 credits at 0.10 are left when 50 come at 0.30
    top_up = paid("t", 50, 1, "15", lot="p")
    found = priced([paid("p", 100, 0, "10"), top_up], {0: 50, 1: 1}, as_of=1)
    assert prices(found) == [(0, "p", Decimal("0.1")), (1, "p", Decimal("0.2"))]


def test_entries_of_a_day_come_before_its_usage() -> None:
    found = priced([paid("p", 100, 0, "10"), paid("t", 100, 0, "30", lot="p", hour=5)], {0: 1}, as_of=0)
    assert prices(found) == [(0, "p", Decimal("0.2"))]


@pytest.mark.parametrize("kind", ["grant", "adjustment", "refund"])
def test_what_is_given_adds_credits_at_no_cost(kind: str) -> None:
    given = paid("g", 100, 1, None, kind=kind, lot="p")
    found = priced([paid("p", 100, 0, "10"), given], {1: 1}, as_of=1)
    assert prices(found) == [(1, "p", Decimal("0.05"))]


def test_free_credits_cost_nothing_and_have_no_currency() -> None:
    found = priced([paid("g", 100, 0, None, kind="grant")], {0: 1}, as_of=0)
    assert prices(found) == [(0, "g", Decimal(0))]
    assert found.draws["currency"].isna().all()


def test_expiry_and_voids_carry_their_cost_away() -> None:
    void = paid("v", -50, 1, None, kind="void", lot="p")
    found = priced([paid("p", 100, 0, "10"), void, paid("t", 50, 2, "15", lot="p")], {1: 1, 2: 1}, as_of=2)
    # 49 at 0.10 and 50 at 0.30
    assert prices(found)[0] == (1, "p", Decimal("0.1"))
    assert prices(found)[1] == (2, "p", Decimal("0.201010101010"))


@pytest.mark.parametrize("terms", [{"amount": None}, {"amount": "10", "currency": None}])
def test_a_purchase_without_amount_or_currency_is_unpriced_until_its_lot_is_funded_anew(terms: Any) -> None:
    entries = [
        paid("p", 10, 0, **terms),
        paid("t", 10, 1, "1", lot="p"),
        paid("u", 10, 3, "2", lot="p"),
    ]
    found = priced(entries, {0: 1, 1: 1, 2: 18, 3: 1}, as_of=3)
    assert [price for _, _, price in prices(found)] == [None, None, None, Decimal("0.2")]


def test_two_currencies_in_one_lot_are_a_warning_and_no_price() -> None:
    other = paid("t", 10, 1, "1", lot="p", currency="USD")
    found = priced([paid("p", 10, 0, "1"), other], {0: 1, 1: 1}, as_of=1)
    assert [price for _, _, price in prices(found)] == [Decimal("0.1"), None]
    (warning,) = found.warnings.to_dict("records")
    assert (warning["entry_id"], warning["warning"]) == ("t", "two_currencies")
    assert warning["detail"] == "paid in USD, the lot in EUR"


def test_a_refund_of_a_generation_comes_back_at_the_price_of_its_lot() -> None:
    refund = paid("r", 5, 2, None, kind="refund", lot="p", of_usage_on=0)
    found = priced([paid("p", 100, 0, "10"), refund], {0: 50, 2: 1}, as_of=2)
    assert prices(found) == [(0, "p", Decimal("0.1")), (2, "p", Decimal("0.1"))]
    movements = found.movements.set_index("entry_id")
    assert movements["is_cost_returned"].to_dict() == {"p": False, "r": True}
    assert movements.loc["r", "unit_price_steps"] == STEPS // 10


def test_a_lot_that_a_refund_of_a_generation_opens_has_the_price_of_the_lot_that_paid() -> None:
    refund = paid("r", 5, 3, None, kind="refund", of_usage_on=0)
    found = priced([paid("p", 10, 0, "1", ends=2), refund], {0: 5, 3: 2}, as_of=3)
    assert prices(found) == [(0, "p", Decimal("0.1")), (3, "r", Decimal("0.1"))]


def test_overage_has_the_price_in_force_on_its_day_and_usage_before_the_ledger_has_none() -> None:
    found = priced([paid("p", 5, 1, "1")], {0: 1, 1: 7, 2: 1, 3: 1}, as_of=3, overage=[(1, "0.5"), (3, None)])
    assert prices(found) == [
        (0, "before_ledger", None),
        (1, "p", Decimal("0.2")),
        (1, "overage", Decimal("0.5")),
        (2, "overage", Decimal("0.5")),
        (3, "overage", None),
    ]


def test_a_price_that_is_too_high_to_be_exact_on_every_engine_is_none() -> None:
    found = priced([paid("p", 1, 0, "100000")], {0: 1}, as_of=0)
    assert prices(found) == [(0, "p", None)]


def test_the_draws_of_a_day_lie_one_after_another_on_its_line() -> None:
    entries = [paid("b", 10, 0, "1", priority=2), paid("a", 4, 0, "1", priority=1)]
    draws = priced(entries, {0: 3, 1: 13}, as_of=1).draws
    names = ["lot_id", "draw_number", "draw_count", "line_start_micro", "credits_micro"]
    assert draws[names].astype(object).where(draws[names].notna(), None).to_numpy().tolist() == [
        ["a", 1, 1, 0, 3_000_000],
        ["a", 1, 3, 0, 1_000_000],
        ["b", 2, 3, 1_000_000, 10_000_000],
        [None, 3, 3, 11_000_000, 2_000_000],
    ]


def test_an_extension_changes_the_order_of_the_draws_from_its_day_on() -> None:
    extension = paid("x", 0, 1, None, kind="extension", lot="a", ends=9)
    entries = [paid("a", 9, 0, "1", ends=5), paid("b", 9, 0, "1", ends=7), extension]
    draws = priced(entries, {0: 1, 1: 12}, as_of=1).draws
    assert draws["lot_id"].tolist() == ["a", "b", "a"]
