"""The ledger against the cases of a foreign engine, restated at day grain.

Not here: resets and recurring grants, which this ledger does not know.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.ledger_rows import DAY_0, book, daily, entry, lot

from forecasting.ledger import DEFAULT_POLICY, DrawPolicy, Ledger

SCENARIOS = "data/sources/openmeter/credit_engine_scenarios.dev.json"

# this ledger's result where the other engine, which works by the minute and repays overage, differs
OURS = {
    "reports overage if there are no grants": ({}, 0),  # without entries a workspace has no ledger
    "burns down grant until it's voided": ({"grant-1": 0}, 100),  # a void counts before its day's usage
    "grant becomes active during phase": ({"grant-1": 75}, 25),  # overage is not repaid by a later lot
}


def foreign_cases() -> dict[str, Any]:
    path = Path(__file__).parents[3] / "shared" / SCENARIOS
    if not path.exists():
        pytest.skip("the reference data is missing next to this repository")
    return json.loads(path.read_text())


def day_of(text: str) -> int:
    return (date.fromisoformat(text[:10]) - DAY_0).days


def end_of(text: str | None) -> int | None:
    """The first day not usable, of an exclusive end."""
    return None if text is None else day_of(str(pd.Timestamp(text) - pd.Timedelta(microseconds=1))) + 1


def foreign_entries(grants: list[dict[str, Any]], first_usage: int) -> list[dict[str, Any]]:
    """Grants are known from the first usage on: before its first entry a workspace has no ledger here."""
    rows = []
    for grant in grants:
        starts = day_of(grant["effective_at"])
        terms = {"starts": starts, "ends": end_of(grant["expires_at"]), "priority": grant["priority"]}
        rows.append(entry(grant["id"], grant["amount"], min(starts, first_usage), kind="grant", **terms))
        if "voided_at" in grant:
            voided_on = day_of(grant["voided_at"])
            rows.append(entry("void", -grant["amount"], voided_on, kind="void", lot=grant["id"]))
    return rows


def booked(case: dict[str, Any], policy: DrawPolicy) -> Ledger:
    usage: dict[int, int] = {}
    for use in case["usage"]:
        usage[day_of(use["at"])] = usage.get(day_of(use["at"]), 0) + use["value"]
    return book(
        foreign_entries(case["grants"], min(usage)), usage, as_of=day_of(case["until"]) - 1, policy=policy
    )


def test_the_openmeter_scenarios_hold_up_to_day_grain_and_overage_policy() -> None:
    compared = 0
    for case in foreign_cases()["scenarios"]:
        if case.get("resets") or any("recurrence" in grant for grant in case["grants"]):
            continue  # this ledger knows neither resets nor recurring grants
        ledger = booked(case, DEFAULT_POLICY)
        theirs = (
            case["expected"]["balances"],
            case["expected"].get("overage", sum(daily(ledger, "overage"))),
        )
        balances, overage = OURS.get(case["name"].split(":")[0], theirs)
        assert ledger.lots.set_index("lot_id")["remaining_micro"].to_dict() == balances, case["name"]
        assert sum(daily(ledger, "overage")) == overage, case["name"]
        compared += 1
    assert compared == 6


def test_the_openmeter_engine_and_ours_agree_where_overage_is_repaid() -> None:
    (case,) = [each for each in foreign_cases()["scenarios"] if "becomes active" in each["name"]]
    ledger = booked(case, DrawPolicy(repays_overage=True))
    assert ledger.lots.set_index("lot_id")["remaining_micro"].to_dict() == case["expected"]["balances"]
    assert daily(ledger, "overage") == [case["expected"]["segment2_overage_at_start"], -25]


def test_the_openmeter_draw_order_is_ours() -> None:
    case = foreign_cases()["priority_order"]
    lots = [
        entry(
            name, 10, day_of(terms["created"]), priority=terms["priority"], ends=end_of(terms.get("expires"))
        )
        for name, terms in case["grants"].items()
    ]
    day = day_of("2025-12-31")
    for count, name in enumerate(case["expected_order"]):
        ledger = book(lots, {day: 10 * count + 1}, as_of=day)
        assert lot(ledger, name)["consumed"] == 1
