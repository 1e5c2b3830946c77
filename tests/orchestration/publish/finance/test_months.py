"""What finance takes from the published marts: the chargeback of a month, and FOCUS."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.product import REPO

from orchestration.publish.finance.months import chargeback_rows, focus_rows
from orchestration.publish.rows.select import ExtractError
from orchestration.publish.rows.write import write_csv, write_parquet

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], Path]
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
WHO = {
    "workspace_id": "w1",
    "team": "Web",
    "member_id": "m1",
    "member_name": "Mia",
    "product_category": "Shoes",
}


def monthly(credits: str, cost: str, **columns: Any) -> dict[str, Any]:
    usual = {
        "month": MARCH,
        "booked_month": MARCH,
        "is_correction": False,
        "is_closed": True,
        "currency": "USD",
    }
    sums = {"generation_count": 1, "credits": credits, "unpriced_credits": 0, "cost": cost}
    return WHO | usual | sums | {"refunded_credits": 0, "refunded_cost": 0} | columns


def daily(credits: str, price: str | None, **columns: Any) -> dict[str, Any]:
    day = {"usage_date": date(2026, 3, 2), "generation_type": "meta", "lot_id": "a", "unit_price": price}
    row = monthly(credits, str(Decimal(credits) * Decimal(price or 0)), **day) | columns
    return {name: value for name, value in row.items() if name != "month"}


def purchase(**columns: Any) -> dict[str, Any]:
    usual = {"workspace_id": "w1", "day": date(2026, 3, 1), "entry_id": "a", "lot_id": "a", "credits": 100}
    return usual | {"amount": 5, "currency": "USD", "effective_on": date(2026, 3, 1)} | columns


def focus(published: Path, *, month: date | None = None) -> list[dict[str, str]]:
    out = io.BytesIO()
    with focus_rows(published, month=month, workspace_id=None, provider="ACME", is_text=True) as rows:
        write_csv(rows, out)
    return list(csv.DictReader(out.getvalue().decode().splitlines()))


def test_a_month_has_what_is_booked_in_it_with_all_digits_and_no_more(publish: Publish, rows: Rows) -> None:
    rows["chargeback_monthly"] = [
        monthly("10.5", "0.525"),
        monthly("1", "2.5", month=date(2026, 2, 1), is_correction=True, refunded_credits=2, refunded_cost=-1),
        monthly("3", "0.1234567", booked_month=APRIL, month=APRIL, is_closed=False),
    ]
    published, out = publish(rows), io.BytesIO()
    with chargeback_rows(published, month=MARCH, workspace_id="w1", is_exact=False) as (found, is_closed):
        write_csv(found, out)
    kept = [
        [row[name] for name in ("usage_month", "kind", "credits", "cost", "refunded_cost", "amount")]
        for row in csv.DictReader(out.getvalue().decode().splitlines())
    ]
    assert is_closed
    assert kept == [
        ["2026-03", "charge", "10.500000", "0.525", "0.000", "0.525"],
        ["2026-02", "correction", "1.000000", "2.500", "-1.000", "1.500"],
    ]
    with chargeback_rows(published, month=APRIL, workspace_id=None, is_exact=True) as (found, is_closed):
        assert not is_closed
        exact = io.BytesIO()
        write_parquet(found, exact)
    assert pq.read_schema(pa.BufferReader(exact.getvalue())).field("cost").type == pa.decimal128(38, 18)
    with (
        pytest.raises(ExtractError, match="w9"),
        chargeback_rows(published, month=None, workspace_id="w9", is_exact=False),
    ):
        pass


def test_focus_bills_purchases_and_spreads_what_they_cost_over_usage(publish: Publish, rows: Rows) -> None:
    rows["credit_summary"][0]["timezone"] = "Asia/Bangkok"
    rows["purchases"] = [
        purchase(invoice_id="i", list_unit_price="0.06", expires_on=date(2026, 6, 1)),
        purchase(entry_id="b", lot_id="b", credits=3, amount=1, day=APRIL, effective_on=APRIL),
    ]
    rows["chargeback_daily"] = [
        daily("10", "0.05"),
        daily("-1", "0.05", booked_month=APRIL, is_correction=True, generation_count=-1),
        daily("0", "0.05", booked_month=APRIL, refunded_credits=2, refunded_cost="-0.1", generation_count=0),
        daily("4", None, lot_id="(overage)", currency="(none)", unpriced_credits=4, member_id="(no member)"),
    ]
    published = publish(rows)
    columns = (
        "ChargeCategory",
        "ChargeClass",
        "PricingQuantity",
        "ContractedUnitPrice",
        "BilledCost",
        "EffectiveCost",
        "ListCost",
    )

    def listed(month: date) -> list[list[str]]:
        return sorted(
            [row[name].rstrip("0").rstrip(".") for name in columns] for row in focus(published, month=month)
        )

    assert listed(MARCH) == [
        ["Purchase", "", "100", "0.05", "5", "0", "6"],
        ["Usage", "", "10", "0.05", "0", "0.5", "0.6"],
        ["Usage", "", "4", "0", "0", "0", "0"],
    ]
    # a third of 1 has no end: the purchase is the unit
    assert listed(APRIL) == [
        ["Purchase", "", "1", "1", "1", "0", "1"],
        ["Usage", "Correction", "-1", "0.05", "0", "-0.05", "-0.06"],
        ["Usage", "Correction", "-2", "0.05", "0", "-0.1", "-0.12"],
    ]
    used = next(row for row in focus(published) if row["EffectiveCost"].startswith("0.5"))
    assert (used["BillingPeriodStart"], used["ChargePeriodStart"]) == (
        "2026-02-28T17:00:00Z",
        "2026-03-01T17:00:00Z",
    )
    (overage,) = [row for row in focus(published) if row["x_UnpricedCredits"] == "4.000000"]
    assert (overage["ResourceId"], overage["SubAccountId"], overage["BillingCurrency"]) == ("", "", "USD")


def test_a_currency_is_not_guessed_where_there_is_none_or_several(publish: Publish, rows: Rows) -> None:
    rows["chargeback_daily"] = [daily("4", None, currency="(none)", unpriced_credits=4)]
    assert [row["BillingCurrency"] for row in focus(publish(rows))] == ["XXX"]
    rows["purchases"] = [purchase(), purchase(entry_id="b", currency="EUR")]
    found = {(row["ChargeCategory"], row["BillingCurrency"]) for row in focus(publish(rows))}
    assert found == {("Usage", "XXX"), ("Purchase", "USD"), ("Purchase", "EUR")}


def test_a_lot_that_nobody_paid_for_is_a_credit(publish: Publish, rows: Rows) -> None:
    lot = {"workspace_id": "w1", "lot_id": "gift", "funded": 25, "effective_on": MARCH, "expires_on": APRIL}
    rows["credit_lots"] = [
        lot | {"lot_status": "active"},
        lot | {"lot_id": "plan", "lot_status": "expected"},
        lot | {"lot_id": "a", "lot_status": "active"},
    ]
    rows["purchases"] = [purchase()]
    kinds = [
        (row["ResourceId"], row["ChargeCategory"], row["x_LotExpiresOn"]) for row in focus(publish(rows))
    ]
    assert sorted(kinds) == [("a", "Purchase", ""), ("gift", "Credit", "2026-04-01")]


def test_the_docs_say_what_each_column_of_focus_is(publish: Publish, rows: Rows) -> None:
    rows["purchases"] = [purchase()]
    text = (REPO / "docs" / "finance.md").read_text(encoding="utf-8").partition("| column |")[2]
    described = [name for line in text.splitlines()[2:] if line for name in line.split("|")[1:2]]
    names = [name.strip() for listed in described for name in listed.split(",")]
    assert sorted(names) == sorted(focus(publish(rows))[0])
