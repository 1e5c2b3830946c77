"""The sentences about the forecast that text and page share."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from orchestration.publish import render_page, render_text
from orchestration.publish.formatting import day_month_year
from orchestration.publish.report import Accuracy, Forecast, Report
from orchestration.publish.words import accuracy_words, buying_words, capped_words, grant_words, range_words

AS_OF = date(2026, 4, 7)
PACKS = json.dumps(
    [
        {"pack_id": "big", "count": 1, "credits": "3000", "price": "165"},
        {"pack_id": "small", "count": 2, "credits": "200", "price": "20"},
    ]
)


def foreseen(report: Report, **changes: object) -> Report:
    assert report.forecast is not None
    return replace(report, forecast=replace(report.forecast, **changes))  # type: ignore[arg-type]


def told(example: Report, **changes: object) -> Forecast:
    found = foreseen(example, **changes).forecast
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("p10", "p90", "words"),
    [
        (date(2026, 5, 8), date(2026, 5, 19), "8 in 10 chance: between 8 May 2026 and 19 May 2026"),
        (date(2026, 5, 8), None, "9 in 10 chance: 8 May 2026 or later, perhaps not within a year"),
        (date(2026, 5, 8), date(2026, 5, 8), "8 in 10 chance: on 8 May 2026"),
        (None, None, None),
    ],
)
def test_the_range_is_told_as_a_chance(
    example: Report, p10: date | None, p90: date | None, words: str | None
) -> None:
    forecast = told(example, depletes_on_p10=p10, depletes_on_p90=p90)
    assert range_words(forecast, write_date=day_month_year) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Buy by 4 May 2026: 2,760 credits"),
        (
            {"recommended_packs": PACKS, "packs_price": Decimal("185"), "packs_currency": "USD"},
            "Buy by 4 May 2026: 3,200 credits (1 x big and 2 x small, 185.00 USD)",
        ),
        ({"buy_by": AS_OF}, "Buy now: 2,760 credits"),
        ({"buy_by": None}, "Buy now: 2,760 credits"),
        ({"credits_to_buy": Decimal(0)}, "Buy nothing: what is booked already covers the days to come"),
        ({"credits_to_buy": None}, None),
    ],
)
def test_what_to_buy_is_told_with_its_day_and_packs(
    example: Report, changes: dict[str, object], words: str | None
) -> None:
    usual = {"buy_by": date(2026, 5, 4), "credits_to_buy": Decimal(2760)}
    forecast = told(example, **(usual | changes))
    assert buying_words(forecast, write_date=day_month_year, as_of=AS_OF) == words


def test_a_grant_is_told_with_the_chance_of_running_out_before_it(example: Report) -> None:
    forecast = told(example, next_grant_on=date(2026, 5, 1), chance_empty_before_grant=Decimal("0.0400"))
    assert grant_words(forecast, write_date=day_month_year) == (
        "next grant 1 May 2026: 4 % chance of running out before it"
    )
    assert grant_words(told(example, next_grant_on=date(2026, 5, 1)), write_date=day_month_year) is None


def test_what_is_not_taken_for_demand_is_said_on_page_and_text(example: Report) -> None:
    capped = foreseen(example, capped_credits=Decimal(998_982))
    words = capped_words(capped.forecast)
    assert words is not None and words.startswith("998,982 credits of implausible charges")
    assert words in render_text(capped) and words in render_page(capped)
    assert capped_words(example.forecast) is None


def test_both_kinds_of_accuracy_are_told_beside_the_pace(example: Report) -> None:
    def accuracy(kind: str, cases: int) -> Accuracy:
        return Accuracy(kind, cases, 8, Decimal("0.8"), 3, 5, Decimal("4.25"), Decimal("6.5"))

    report = replace(example, accuracy=(accuracy("published", 10), accuracy("replayed", 1_200)))
    published, replayed = accuracy_words(report)
    assert published == (
        "10 forecasts published: 80.0% true within the 8 in 10 range; days off 3 in the median (pace 5), "
        "4.2 on average (pace 6.5)"
    )
    assert replayed.startswith("1,200 forecasts of past days made again: ")
    for words in (published, replayed):
        assert words in render_text(report) and words in render_page(report)
    assert "How good is this forecast" not in render_text(example)


def test_a_pack_with_markup_for_a_name_is_shown_and_not_run(example: Report) -> None:
    packs = json.dumps([{"pack_id": "<script>x</script>", "count": 1, "credits": "10", "price": "1"}])
    report = foreseen(example, credits_to_buy=Decimal(10), buy_by=AS_OF, recommended_packs=packs)
    page = render_page(report)
    assert "<script>" not in page and "&lt;script&gt;x&lt;/script&gt;" in page
