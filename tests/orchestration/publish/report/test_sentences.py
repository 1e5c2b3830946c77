"""The sentences about the forecast and waste, shared by text and page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from support.suggestion_rows import suggestion_for

from orchestration.publish.report.as_json import render_json
from orchestration.publish.report.formatting import day_month_year
from orchestration.publish.report.model import Accuracy, Forecast, Report, SourceTotal
from orchestration.publish.report.page import render_page
from orchestration.publish.report.sentences import (
    WASTE_REASONS,
    accuracy_text,
    buying_text,
    capped_text,
    change_text,
    describe_waste_reason,
    pending_text,
    reconciliation_text,
)
from orchestration.publish.report.suggestions import (
    advice,
    advice_text,
    evidence_text,
    saving_text,
    what_if_text,
)
from orchestration.publish.report.text import render_text

AS_OF = date(2026, 4, 7)
KINDS = ("ruleset", "template", "category_type", "member_type", "model", "workflow")
PACKS = json.dumps(
    [
        {"pack_id": "big", "count": 1, "credits": "3000", "price": "165"},
        {"pack_id": "small", "count": 2, "credits": "200", "price": "20"},
    ]
)


def with_forecast(report: Report, **changes: object) -> Report:
    assert report.forecast is not None
    return replace(report, forecast=replace(report.forecast, **changes))  # type: ignore[arg-type]


def changed_forecast(example: Report, **changes: object) -> Forecast:
    forecast = with_forecast(example, **changes).forecast
    assert forecast is not None
    return forecast


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Buy by 4 May 2026: 2,760 credits"),
        (
            {"recommended_packs": PACKS, "packs_price": Decimal("185"), "packs_currency": "USD"},
            "Buy by 4 May 2026: 3,200 credits (1 x big and 2 x small, 185.00 USD)",
        ),
        ({"buy_by": AS_OF}, "Buy now: 2,760 credits"),
        ({"buy_by": None}, "Buy now: 2,760 credits"),
        ({"credits_to_buy": Decimal(0)}, "Buy nothing: what is booked or expected covers the days to come"),
        ({"credits_to_buy": None}, None),
    ],
)
def test_the_purchase_advice_has_its_date_and_packs(
    example: Report, changes: dict[str, object], sentence: str | None
) -> None:
    usual = {"buy_by": date(2026, 5, 4), "credits_to_buy": Decimal(2760)}
    forecast = changed_forecast(example, **(usual | changes))
    assert buying_text(forecast, write_date=day_month_year, as_of=AS_OF) == sentence


def test_usage_not_counted_as_demand_is_noted_on_page_and_text(example: Report) -> None:
    capped = with_forecast(example, capped_credits=Decimal(998_982))
    sentence = capped_text(capped.forecast)
    assert sentence is not None and sentence.startswith("998,982 credits of implausible charges")
    assert sentence in render_text(capped) and sentence in render_page(capped)
    assert capped_text(example.forecast) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [("fell", "the purchase counts on the lower use"), ("rose", "the median assumes no more growth")],
)
def test_a_lasting_change_of_use_is_noted_on_page_and_text(
    example: Report, change: str, sentence: str
) -> None:
    known = {"credits_to_buy": Decimal(60), "depletes_on_p50": date(2026, 5, 20)}
    changed = with_forecast(example, demand_change=change, **known)
    assert sentence in render_text(changed) and sentence in render_page(changed)
    assert change_text(example.forecast) is None
    unknown = with_forecast(changed, credits_to_buy=None, depletes_on_p50=None)
    assert change_text(unknown.forecast) is None


def test_a_saving_is_shown_with_the_median_it_would_lead_to(example: Report) -> None:
    later = replace(example.suggestions[0], depletes_on_p50_if_saved=date(2026, 5, 15))
    report = replace(with_forecast(example, depletes_on_p50=date(2026, 5, 12)), suggestions=(later,))
    sentence = "in the median empty 15 May 2026 instead of 12 May 2026"
    assert what_if_text(later, report.forecast, write_date=day_month_year) == sentence
    assert sentence in render_page(report)
    same = replace(later, depletes_on_p50_if_saved=date(2026, 5, 12))
    assert what_if_text(same, report.forecast, write_date=day_month_year) is None
    assert what_if_text(later, None, write_date=day_month_year) is None


def test_both_kinds_of_accuracy_are_compared_to_the_pace(example: Report) -> None:
    def accuracy(kind: str, cases: int) -> Accuracy:
        return Accuracy(kind, cases, 8, Decimal("0.8"), 3, 5, Decimal("4.25"), Decimal("6.5"))

    report = replace(example, accuracy=(accuracy("published", 10), accuracy("replayed", 1_200)))
    published, replayed = accuracy_text(report)
    assert published == (
        "10 forecasts published: 80 % range covered 80.0 %; median error 3 days (pace 5), mean 4.3 (pace 6.5)"
    )
    assert replayed.startswith("1,200 forecasts of past days made again: ")
    for sentence in (published, replayed):
        assert sentence in render_text(report) and sentence in render_page(report)
    assert "How good is this forecast" not in render_text(example)


@pytest.mark.parametrize(
    ("status", "cases", "is_shown"),
    [("ok", 10, True), ("ok", 9, False), ("already_empty", 500, False), ("beyond_horizon", 500, False)],
)
def test_the_quality_of_a_forecast_needs_a_forecast_and_ten_scored_cases(
    example: Report, status: str, cases: int, is_shown: bool
) -> None:
    scored = Accuracy("replayed", cases, 8, Decimal("0.8"), 3, 5, Decimal("4.25"), Decimal("6.5"))
    report = replace(with_forecast(example, forecast_status=status), accuracy=(scored,))
    for surface in (render_text(report), render_page(report)):
        assert ("How good is this forecast" in surface) == is_shown
    assert bool(json.loads(render_json(report))["accuracy"]) == is_shown


def test_a_pack_name_with_markup_is_escaped(example: Report) -> None:
    packs = json.dumps([{"pack_id": "<script>x</script>", "count": 1, "credits": "10", "price": "1"}])
    report = with_forecast(example, credits_to_buy=Decimal(10), buy_by=AS_OF, recommended_packs=packs)
    page = render_page(report)
    assert "<script>" not in page and "&lt;script&gt;x&lt;/script&gt;" in page


def with_suggestion(report: Report, **changes: object) -> Report:
    return replace(report, suggestions=(replace(report.suggestions[0], **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "reason", "sentence"),
    [
        ("ruleset", "excess_regeneration", "improve rulesets to reduce rework"),
        ("ruleset", "low_quality_draft", "improve rulesets to reduce rework"),
        ("ruleset", "rejected_content", "improve rulesets to reduce rejections"),
        ("ruleset", "failed_generation", "improve rulesets to reduce failed generations"),
        ("ruleset", "unused_content", "improve rulesets to reduce unused content"),
        ("template", "excess_regeneration", "improve templates to reduce rework"),
        ("template", "low_quality_draft", "improve templates to reduce rework"),
        ("template", "rejected_content", "improve templates to reduce rejections"),
        ("template", "failed_generation", "improve templates to reduce failed generations"),
        ("template", "unused_content", "improve templates to reduce unused content"),
        (
            *("category_type", "excess_regeneration"),
            "review what is generated for a category to reduce rework",
        ),
        ("category_type", "low_quality_draft", "review what is generated for a category to reduce rework"),
        ("category_type", "rejected_content", "review what is generated for a category to reduce rejections"),
        (
            *("category_type", "failed_generation"),
            "review what is generated for a category to reduce failed generations",
        ),
        (
            "category_type",
            "unused_content",
            "review what is generated for a category to reduce unused content",
        ),
        ("model", "rejected_content", "try another model to reduce rejections"),
        ("workflow", "failed_generation", "improve workflows to reduce failed generations"),
        ("category_type", "unneeded_field", "stop generating fields that nobody uses"),
        ("member_type", "excess_regeneration", "go through repeated attempts together"),
        ("member_type", "low_quality_draft", "go through repeated first drafts together"),
        ("member_type", "rejected_content", "go through rejected content together"),
        ("member_type", "failed_generation", "go through failed generations together"),
        ("member_type", "unused_content", "go through unused content together"),
        ("ruleset", "new_reason", "look at the generations behind new reason"),
        ("member_type", "new_reason", "look at the generations behind new reason"),
        ("new_kind", "rejected_content", "look at the generations behind rejected content"),
    ],
)
def test_every_kind_and_reason_of_a_suggestion_has_its_advice(
    example: Report, kind: str, reason: str, sentence: str
) -> None:
    assert advice(with_suggestion(example, segment_kind=kind, waste_reason=reason)) == sentence


def test_no_known_pair_has_the_advice_for_an_unknown_one(example: Report) -> None:
    known = [
        advice(with_suggestion(example, segment_kind=kind, waste_reason=reason))
        for kind in KINDS
        for reason in WASTE_REASONS
    ]
    assert len(known) == 36
    assert not [sentence for sentence in known if sentence is None or sentence.startswith("look at")]


def test_the_advice_follows_the_largest_saving_not_the_costliest_reason(example: Report) -> None:
    first, second = (
        replace(example.suggestions[0], segment_kind="template", waste_reason="rejected_content"),
        replace(example.suggestions[0], suggestion_rank=2),
    )
    report = replace(example, suggestions=(first, second))
    assert report.waste[0].waste_reason == "excess_regeneration"
    assert advice(report) == "improve templates to reduce rejections"


def test_nothing_stands_out_is_stated_only_with_waste(example: Report) -> None:
    none = replace(example, suggestions=())
    assert advice(none) is None
    assert advice_text(none) == "none; no part of the work wastes clearly more than the rest"
    free = tuple(replace(line, wasted_credits=Decimal(0)) for line in example.waste)
    assert advice_text(replace(none, waste=free)) is None


@pytest.mark.parametrize(
    ("low", "high", "days", "sentence"),
    [
        ("115.243153", "145.32", "2.1", "115 to 145 credits a month, about 2 days later"),
        ("115", "145", "1.4", "115 to 145 credits a month, about 1 day later"),
        ("115", "145", "0.5", "115 to 145 credits a month, about 1 day later"),
        ("115", "145", "0.4", "115 to 145 credits a month"),
        ("115", "145", None, "115 to 145 credits a month"),
        ("0", "10.9", "1200.0", "up to 11 credits a month, about 1,200 days later"),
        ("144.9", "145.32", "0.0", "145 credits a month"),
    ],
)
def test_a_saving_is_a_range_with_its_days_from_half_a_day_on(
    example: Report, low: str, high: str, days: str | None, sentence: str
) -> None:
    report = with_suggestion(
        example,
        potential_saving_credits_low=Decimal(low),
        potential_saving_credits_high=Decimal(high),
        saving_days=None if days is None else Decimal(days),
    )
    assert saving_text(report.suggestions[0]) == sentence


def test_a_saving_reads_the_same_in_its_sentence_and_in_its_own_column(example: Report) -> None:
    """The mart holds the sentence, the report formats the saving: both must round alike."""
    draw = Random(0)
    for size in (0.0001, 0.05, 1.0, 10.0, 100.0, 3000.0):
        for _ in range(8):
            low, mid, high = sorted(round(draw.random() * size, draw.choice([1, 2, 6])) for _ in range(3))
            if not high:
                continue  # a saving of 0 is never suggested
            segment = {"saving_low": low, "saving_mid": mid, "saving_high": high}
            row = suggestion_for(segment, balance={"credits_remaining": draw.random() * 9000})
            days = Decimal(str(row["saving_days"]))
            shown = with_suggestion(
                example,
                potential_saving_credits_low=Decimal(str(low)),
                potential_saving_credits_high=Decimal(str(high)),
                saving_days=days,
            ).suggestions[0]
            sentence = saving_text(shown).removesuffix(" later")
            assert f"could save {sentence}" in row["suggestion"]
            assert ("about" in sentence) == ("about" in row["suggestion"])


def test_evidence_names_the_unit_that_was_counted(example: Report) -> None:
    many = {"evidence_count": 12_345, "affected_count": 6_789}
    attempts, generations = (
        with_suggestion(example, waste_reason=reason, **many).suggestions[0]
        for reason in ("excess_regeneration", "low_quality_draft")
    )
    assert evidence_text(attempts, write_date=day_month_year) == (
        "6,789 of 12,345 runs of attempts, elsewhere 1 of 179, 8 Jan 2026 to 7 Apr 2026"
    )
    assert evidence_text(generations, write_date=day_month_year) == (
        "6,789 of 12,345 generations, elsewhere 1 of 179, 8 Jan 2026 to 7 Apr 2026"
    )


@pytest.mark.parametrize(
    ("pending", "expected", "sentence"),
    [
        ("123", ("40", "30", "55"), "Pending: 123 credits, of which 30 to 55 are expected to end as waste"),
        (
            *("207.55", ("4.475325", "0", "11.07482")),
            "Pending: 208 credits, of which up to 11 are expected to end as waste",
        ),
        ("123", None, None),
        ("123", ("0", "0", "0"), None),
        ("0", ("0", "0", "0"), None),
        ("0", None, None),
    ],
)
def test_pending_credits_are_stated_if_waste_is_expected(
    example: Report, pending: str, expected: tuple[str, str, str] | None, sentence: str | None
) -> None:
    mid, low, high = (Decimal(value) for value in expected) if expected else (None, None, None)
    summary = replace(
        example.summary,
        pending_credits=Decimal(pending),
        expected_pending_waste_credits=mid,
        expected_pending_waste_credits_low=low,
        expected_pending_waste_credits_high=high,
    )
    assert pending_text(replace(example, summary=summary)) == sentence


def test_an_unknown_waste_reason_goes_by_its_own_name() -> None:
    assert describe_waste_reason("new_reason").name == "new reason"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "gateway says 1,718.74 USD for Mar 2026, we have 1,718.74"),
        (
            {"ours": Decimal("1700.1")},
            "gateway says 1,718.74 USD for Mar 2026, we have 1,700.10 (1.1% apart)",
        ),
        (
            {"unit": "credits", "currency": "(none)", "last_day": date(2026, 3, 12)},
            "gateway says 1,718.74 credits for 1 Mar 2026 to 12 Mar 2026, we have 1,718.74",
        ),
        (
            {
                "currency": "(none)",
                "theirs": Decimal(0),
                "last_day": date(2026, 3, 1),
                "ours": Decimal("0.0125"),
            },
            "gateway says 0.00 for 1 Mar 2026, we have 0.012500",
        ),
    ],
)
def test_what_a_source_counted_stands_beside_ours(changes: dict[str, object], sentence: str) -> None:
    money = Decimal("1718.743")
    days = {"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31)}
    total = SourceTotal("gateway\u202e", "amount", "USD", **days, theirs=money, ours=money)
    assert reconciliation_text(replace(total, **changes), write_date=day_month_year) == sentence


def test_the_totals_of_sources_are_on_the_page_in_the_text_and_in_json(example: Report) -> None:
    day, amount = date(2026, 3, 1), Decimal("2.50")
    report = replace(
        example, reconciliation=(SourceTotal("a<b>", "amount", "EUR", day, day, theirs=amount, ours=amount),)
    )
    assert render_text(report).endswith(
        "\n\nBy the sources' own count\na<b> says 2.50 EUR for March 1, we have 2.50"
    )
    assert "<p>a&lt;b&gt; says 2.50 EUR for 1 Mar 2026, we have 2.50.</p>" in render_page(report)
    assert json.loads(render_json(report))["reconciliation"][0]["theirs"] == "2.50"
    assert "sources' own count" not in render_text(example)
