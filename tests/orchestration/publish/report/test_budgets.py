"""What text, page and JSON say of budgets, and of the period before."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.budget_rows import budget, budget_row

from orchestration.publish.report.as_json import render_json
from orchestration.publish.report.budgets import before_text, budget_texts
from orchestration.publish.report.i18n import using_language
from orchestration.publish.report.load import load_report
from orchestration.publish.report.model import Accuracy, PeriodBefore, Report
from orchestration.publish.report.page import render_page
from orchestration.publish.report.text import render_text

Rows = dict[str, list[dict[str, Any]]]
NO_RANGE: dict[str, Any] = dict.fromkeys(
    (
        *("expected_p10", "expected_p50", "expected_p90", "chance_to_exceed"),
        *("exceeds_on", "exceeds_on_p10", "exceeds_on_p90"),
    )
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {},
            "Catalogue: 812 of 1,000 credits in Apr 2026; passes it on 22 Apr 2026 (17 to 27 Apr 2026), "
            "81 % likely",
        ),
        (
            {"exceeds_on_p90": None},
            "Catalogue: 812 of 1,000 credits in Apr 2026; passes it on 22 Apr 2026 (17 Apr 2026 or later), "
            "81 % likely",
        ),
        (
            {"chance_to_exceed": Decimal("0.995"), "exceeds_on_p10": date(2026, 3, 30)},
            "Catalogue: 812 of 1,000 credits in Apr 2026; passes it on 22 Apr 2026 (30 Mar 2026 to "
            "27 Apr 2026), 99 % likely",
        ),
        (
            {"status": "on_track", "chance_to_exceed": Decimal("0.4999"), "exceeds_on": None},
            "Catalogue: 812 of 1,000 credits in Apr 2026; 1,100 expected at its end (980 to 1,250), "
            "49 % likely to pass it",
        ),
        (
            {"status": "exceeded", "used": Decimal(1012), "exceeded_on": date(2026, 4, 6)},
            "Catalogue: 1,012 of 1,000 credits in Apr 2026; passed on 6 Apr 2026",
        ),
        (
            {"status": "insufficient_history", "history_days": 9, **NO_RANGE},
            "Catalogue: 812 of 1,000 credits in Apr 2026; too early for a range: 9 of 14 days",
        ),
        (
            {"status": "no_use", "used": Decimal(0), "history_days": 0, **NO_RANGE},
            "Catalogue: 0 of 1,000 credits in Apr 2026; no use in 30 days",
        ),
        (
            {
                **{"unit": "amount", "currency": "USD", "used": Decimal("40.6"), "budget": Decimal(50)},
                **{"scope": "workspace", "budget_period": "quarter", "unpriced_credits": Decimal(7)},
                "other_currency_credits": Decimal(30),
            },
            "Workspace: 40.60 of 50.00 USD in Q2 2026; passes it on 22 Apr 2026 (17 to 27 Apr 2026), "
            "81 % likely; no price is known for 7.00 credits; 30 credits cost another currency and are not "
            "counted",
        ),
    ],
)
def test_a_budget_says_what_is_used_and_what_is_expected(changes: dict[str, Any], sentence: str) -> None:
    assert budget_texts([budget(**changes)]) == [sentence]


def test_a_period_is_named_by_its_kind() -> None:
    kinds = {"week": date(2026, 4, 6), "quarter": date(2026, 4, 1), "year": date(2026, 1, 1)}
    found = [
        budget_texts([budget(budget_period=kind, period_start=first)])[0].split(";")[0]
        for kind, first in kinds.items()
    ]
    assert [text.partition(" credits in ")[2] for text in found] == [
        "the week of 6 Apr 2026",
        "Q2 2026",
        "2026",
    ]


def test_two_budgets_of_one_scope_are_told_apart_by_their_ids() -> None:
    found = budget_texts([budget(), budget(budget_id="b2"), budget(budget_id="b3", scope_name="Shoes")])
    assert [text.partition(":")[0] for text in found] == ["Catalogue (b1)", "Catalogue (b2)", "Shoes"]


def test_only_open_budgets_of_the_day_are_read_the_likeliest_to_pass_first(
    publish: Callable[[Rows], Path], rows: Rows
) -> None:
    rows["budget_status"] = [
        budget_row(budget_id="calm", chance_to_exceed="0.1", status="on_track"),
        budget_row(),
        budget_row(budget_id="early", chance_to_exceed=None, status="insufficient_history"),
        budget_row(budget_id="past", status="exceeded", chance_to_exceed=1),
        budget_row(budget_id="over", period_start=date(2026, 3, 1), is_open=False),
        budget_row(budget_id="theirs", workspace_id="w2"),
    ]
    before = {"before_start_date": date(2026, 2, 7), "before_end_date": date(2026, 3, 8), "period": "30d"}
    before |= {"workspace_id": "w1", "credits": 2340, "credits_before": 2000, "credits_change": 340}
    rows["period_changes"] = [
        {**before, "scope": "workspace", "scope_id": "(all)"},
        {**before, "scope": "member", "scope_id": "m1", "credits_before": 1},
        {**before, "scope": "workspace", "scope_id": "(all)", "period": "7d", "credits_before": 2},
    ]
    report = load_report(publish(rows), workspace_id="w1", days=30)
    assert [found.budget_id for found in report.budgets] == ["past", "b1", "calm", "early"]
    assert report.before is not None and report.before.credits_before == 2000


def test_a_report_without_budgets_has_no_section_of_them(example: Report) -> None:
    assert example.budgets == ()
    assert "Budgets" not in render_text(example) + render_page(example)
    assert json.loads(render_json(example))["budgets"] == []


def test_text_page_and_json_say_the_same_of_a_budget(example: Report) -> None:
    report = replace(example, budgets=(budget(scope_name="<b>Spring</b>"),))
    (sentence,) = budget_texts(report.budgets)
    assert render_text(report).endswith(f"\n\nBudgets\n{sentence}")
    assert sentence.replace("<", "&lt;").replace(">", "&gt;") in render_page(report)
    (found,) = json.loads(render_json(report))["budgets"]
    assert (found["label"], found["used"], found["chance_to_exceed"]) == ("<b>Spring</b>", "812", "0.8123")
    assert f"{found['label']}: {found['displayed']}" == sentence


def test_budget_forecasts_are_scored_where_there_is_a_budget(example: Report) -> None:
    scored = Accuracy("budget", 20, 16, Decimal("0.8"), 1, 2, Decimal("1.25"), Decimal("2.5"))
    report = replace(example, accuracy=(scored,))
    assert "forecasts of budgets" not in render_text(report)
    text = render_text(replace(report, budgets=(budget(),)))
    assert "20 forecasts of budgets made again on past days" in text


@pytest.mark.parametrize(
    ("used", "change", "sentence"),
    [
        (2000, 340, "+17.0% against the period before, which used 2,000"),
        (2000, -340, "−17.0% against the period before, which used 2,000"),
        (2000, 0, "±0.0% against the period before, which used 2,000"),
        (0, 340, "nothing was used in the period before"),
    ],
)
def test_the_page_compares_with_the_period_before(
    example: Report, used: int, change: int, sentence: str
) -> None:
    before = PeriodBefore(date(2026, 2, 7), date(2026, 3, 8), Decimal(used), Decimal(change))
    report = replace(example, before=before)
    assert before_text(report) == sentence
    assert sentence in render_page(report)
    assert before_text(replace(report, before=None)) is None


def test_budgets_are_said_in_thai() -> None:
    with using_language("th"):
        (found,) = budget_texts([budget()])
    assert "812" in found and "81 %" in found and "likely" not in found
