"""The JSON report holds what the text shows, exactly."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from orchestration.publish.report.as_json import render_json
from orchestration.publish.report.model import Report


def loaded(report: Report) -> dict[str, Any]:
    return dict(json.loads(render_json(report), parse_float=Decimal))


def test_values_are_exact_and_dates_are_iso(example: Report) -> None:
    found = loaded(example)
    assert found["title"] == "Credit Usage Analytics - Last 30 Days"
    assert found["period"] == {"name": "30d", "days": 30, "from": "2026-03-09", "to": "2026-04-07"}
    assert found["published_at"] == "2026-04-08T02:10:00+00:00"
    assert found["summary"]["credits_used"] == "2340.000000"
    assert found["summary"]["allowance"] == "5000.000000"
    assert found["summary"]["first_pass_yield"] is None
    assert found["forecast"]["pace_date"] == "2026-05-12"
    assert found["forecast"]["displayed"] == "Empty by May 12"
    assert found["members"]["lines"][0]["credits_per_product"] == "6.181818181818"
    # a decimal zero would otherwise come as 0E-12
    assert found["members"]["lines"][0]["waste_rate"] == "0.000000000000"


def test_displayed_percentages_are_the_same_as_in_the_text(example: Report) -> None:
    found = loaded(example)
    shown = {name: found[name]["lines"] for name in ("members", "generation_types", "categories")}
    percents = {name: [line["displayed_percent"] for line in lines] for name, lines in shown.items()}
    assert percents == {
        "members": [29, 22, 21, 17, 11],
        "generation_types": [51, 21, 15, 13],
        "categories": [38, 27, 21, 14],
    }
    assert found["members"]["others"] is None


def test_all_members_are_listed_and_the_others_are_marked(example: Report) -> None:
    crowd = tuple(replace(example.members[-1], id=f"c{number}") for number in range(8))
    members = loaded(replace(example, members=(*example.members, *crowd)))["members"]
    assert len(members["lines"]) == 13
    assert [line["displayed_percent"] for line in members["lines"][10:]] == [None, None, None]
    assert members["others"]["count"] == 3
    assert members["others"]["credits"] == "780.000000"
    assert members["others"]["displayed_credits"] == "780"
    assert [line["displayed_credits"] for line in members["lines"][9:]] == ["260", None, None, None]
    displayed = [line["displayed_percent"] for line in members["lines"][:10]]
    assert sum(displayed) + members["others"]["displayed_percent"] == 100


def test_waste_lists_only_reasons_that_cost_credits(example: Report) -> None:
    assert loaded(example)["waste"] == {
        "credits": "180.000000",
        "rate": "0.076923076923",
        "unknown": None,
        "reasons": [
            {
                "name": "regenerations (3+ attempts)",
                "waste_reason": "excess_regeneration",
                "wasted_credits": "180.000000",
                "generation_count": 60,
                "share_of_credits": "0.076923076923",
                "cost": None,
                "currency": None,
            }
        ],
        "pending": {
            "credits": "200.000000",
            "expected_waste_credits": None,
            "expected_waste_credits_low": None,
            "expected_waste_credits_high": None,
        },
        "suggestion": "improve rulesets to reduce rework",
        "suggestions": [
            {
                "suggestion_rank": 1,
                "segment_kind": "ruleset",
                "segment_id": "rs1 / description",
                "waste_reason": "excess_regeneration",
                "evidence_count": 175,
                "affected_count": 38,
                "elsewhere_count": 179,
                "elsewhere_affected_count": 1,
                "wasted_credits": "145.320000",
                "potential_saving_credits_low": "115.243153",
                "potential_saving_credits_mid": "136.415192",
                "potential_saving_credits_high": "145.320000",
                "saving_days": "2.1",
                "suggestion": "Ruleset rs1: 22 % of its descriptions take 3 or more attempts, 1 % elsewhere;"
                " tightening it could save 115 to 145 credits a month, about 2 days.",
                "evidence_from": "2026-01-08",
                "evidence_to": "2026-04-07",
                "depletes_on_p50_if_saved": None,
            }
        ],
    }


def test_expected_waste_of_pending_credits_is_exact(example: Report) -> None:
    summary = replace(
        example.summary,
        expected_pending_waste_credits=Decimal("42.000001"),
        expected_pending_waste_credits_low=Decimal("30.100000"),
        expected_pending_waste_credits_high=Decimal("55.000000"),
    )
    assert loaded(replace(example, summary=summary))["waste"]["pending"] == {
        "credits": "200.000000",
        "expected_waste_credits": "42.000001",
        "expected_waste_credits_low": "30.100000",
        "expected_waste_credits_high": "55.000000",
    }


def test_all_suggestions_are_listed_and_the_days_of_one_may_be_unknown(example: Report) -> None:
    many = tuple(
        replace(example.suggestions[0], suggestion_rank=rank, saving_days=None) for rank in range(1, 13)
    )
    found = loaded(replace(example, suggestions=many))["waste"]["suggestions"]
    assert [suggestion["suggestion_rank"] for suggestion in found] == list(range(1, 13))
    assert found[0]["saving_days"] is None


def test_waste_without_a_suggestion_has_null_for_it(example: Report) -> None:
    waste = loaded(replace(example, suggestions=()))["waste"]
    assert waste["credits"] == "180.000000"
    assert (waste["suggestion"], waste["suggestions"]) == (None, [])


def test_a_suggestion_is_listed_even_if_nothing_was_wasted_in_the_period(example: Report) -> None:
    waste = loaded(replace(example, waste=()))["waste"]
    assert waste["reasons"] == []
    assert waste["suggestion"] == "improve rulesets to reduce rework"
    assert len(waste["suggestions"]) == 1


def test_failed_checks_are_listed_without_their_messages(example: Report) -> None:
    assert loaded(example)["checks"] == {
        "passed": 1,
        "failed": 1,
        "failures": [
            {
                "layer": "marts",
                "asset": "credit_summary",
                "check_name": "nothing_is_late",
                "severity": "warning",
                "passed": False,
            }
        ],
    }


def test_no_forecast_and_no_use_are_null_or_empty(example: Report) -> None:
    found = loaded(replace(example, forecast=None, members=(), waste=(), suggestions=()))
    assert found["forecast"] is None
    assert found["members"] == {"lines": [], "others": None}
    assert found["waste"]["suggestion"] is None


def test_control_characters_of_names_are_escaped(example: Report) -> None:
    named = replace(example, summary=replace(example.summary, workspace_name="a\x1b[2J\x9b1mü"))
    text = render_json(named)
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["summary"]["workspace_name"] == "a\x1b[2J\x9b1mü"
