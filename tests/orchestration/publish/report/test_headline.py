"""One sentence says when the credits run out, on every surface, and contradicts nothing beneath it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from orchestration.cli.forecast_text import describe_forecast
from orchestration.publish.report.as_json import render_json
from orchestration.publish.report.formatting import day_month_year
from orchestration.publish.report.headline import (
    deciding_charge_text,
    headline,
    pace_text,
    range_text,
    renewal_text,
)
from orchestration.publish.report.model import Forecast, Report
from orchestration.publish.report.page import render_page
from orchestration.publish.report.pages import index_line, render_index
from orchestration.publish.report.text import render_text

AS_OF = date(2026, 4, 7)
RANGE = {
    "depletes_on_p10": date(2026, 5, 8),
    "depletes_on_p50": date(2026, 5, 14),
    "depletes_on_p90": date(2026, 5, 19),
}
RENEWAL = {"next_grant_on": date(2026, 5, 1), "chance_empty_before_grant": Decimal("0.0400")}
LASTS = "Lasts to the renewal of 1 May 2026 (4 % chance of running out before)"


def changed(report: Report, **changes: Any) -> Report:
    assert report.forecast is not None
    return replace(report, forecast=replace(report.forecast, **changes))


def forecast_of(report: Report, **changes: Any) -> Forecast:
    forecast = changed(report, **changes).forecast
    assert forecast is not None
    return forecast


def text_of(markup: str) -> str:
    return unescape(re.sub("<[^>]*>", "", markup))


@pytest.mark.parametrize(
    ("changes", "sentence", "pace"),
    [
        ({}, "Empty by 12 May 2026", None),
        (RANGE, "Empty by 12 May 2026", None),
        (RANGE | {"pace_date": RANGE["depletes_on_p10"]}, "Empty by 8 May 2026", None),
        (RANGE | {"pace_date": RANGE["depletes_on_p90"]}, "Empty by 19 May 2026", None),
        (
            RANGE | {"pace_date": date(2026, 5, 7)},
            *("Empty around 14 May 2026", "at the current pace: empty by 7 May 2026"),
        ),
        (
            RANGE | {"pace_date": date(2026, 5, 20)},
            *("Empty around 14 May 2026", "at the current pace: empty by 20 May 2026"),
        ),
        (RANGE | {"pace_date": date(2026, 9, 1), "depletes_on_p90": None}, "Empty by 1 Sep 2026", None),
        (
            RANGE | {"pace_date": None},
            *("Empty around 14 May 2026", "at the current pace: not within a year"),
        ),
        (
            RANGE | {"pace_date": None, "burn_rate_7d": Decimal(0)},
            *("Empty around 14 May 2026", "no use in 7 days"),
        ),
        (
            RANGE | RENEWAL,
            f"{LASTS}; then empty around 14 May 2026 (8 May 2026 to 19 May 2026)",
            "at the current pace: empty by 12 May 2026",
        ),
        (
            RANGE | RENEWAL | {"depletes_on_p90": None, "pace_date": None},
            f"{LASTS}; then empty around 14 May 2026 (8 May 2026 or later)",
            "at the current pace: not within a year",
        ),
        (RANGE | RENEWAL | {"chance_empty_before_grant": Decimal("0.5")}, "Empty by 12 May 2026", None),
        (
            RANGE | RENEWAL | {"chance_empty_before_grant": Decimal("0.4999")},
            f"{LASTS.replace('4 %', '49 %')}; then empty around 14 May 2026 (8 May 2026 to 19 May 2026)",
            "at the current pace: empty by 12 May 2026",
        ),
        # a funding ahead does not undo an empty balance
        (
            RENEWAL | {"forecast_status": "already_empty", "empty_since": date(2026, 4, 3)},
            *("Empty since 3 Apr 2026", None),
        ),
        (
            RENEWAL | {"forecast_status": "insufficient_history", "chance_empty_before_grant": None},
            *("Empty by 12 May 2026", None),
        ),
        ({"forecast_status": "beyond_horizon", "pace_date": None}, "lasts more than a year", None),
        ({"pace_date": None, "burn_rate_7d": Decimal(0)}, "no use in 7 days", None),
    ],
)
def test_the_headline_is_the_renewal_then_the_pace_within_the_range_then_the_median(
    example: Report, changes: dict[str, Any], sentence: str, pace: str | None
) -> None:
    forecast = forecast_of(example, **changes)
    assert headline(forecast, write_date=day_month_year) == sentence
    assert pace_text(forecast, write_date=day_month_year) == pace


def test_a_workspace_without_use_says_since_when(example: Report) -> None:
    silent = forecast_of(example, forecast_status="no_burn", pace_date=None)
    last = {"write_date": day_month_year, "last_usage_date": date(2026, 3, 3)}
    assert headline(silent, **last) == "No use since 3 Mar 2026"
    assert headline(silent, write_date=day_month_year) == "No use in 30 days"
    report = replace(example, members=(), categories=(), generation_types=())
    report = replace(report, summary=replace(report.summary, last_usage_date=date(2026, 3, 3)))
    assert "\nNo use since March 3\n" in render_text(report)
    assert "<p>No use since 3 Mar 2026.</p>" in render_page(report)


@pytest.mark.parametrize("changes", [RANGE, RANGE | RENEWAL, RANGE | {"pace_date": date(2026, 8, 1)}])
def test_every_surface_says_the_same_day(example: Report, changes: dict[str, Any]) -> None:
    report = changed(example, **changes)
    forecast = forecast_of(example, **changes)
    at_pace = " at the current pace"
    sentence = headline(forecast, write_date=day_month_year, at_pace=at_pace)
    page = text_of(render_page(report))
    assert page.count(sentence) == 2  # the title and the first heading
    assert sentence in text_of(
        render_index([index_line(report)], published_at=datetime(2026, 4, 8, tzinfo=UTC))
    )
    lines = describe_forecast("w1", forecast, None, (), as_of=AS_OF, last_usage_date=AS_OF)
    assert f"  {sentence}" in list(lines)
    displayed = json.loads(render_json(report))["forecast"]["displayed"]
    assert f"Forecast: {displayed}\n" in render_text(report)
    # the same words with other dates
    assert re.sub("May 1?[0-9]|May 8", "D", displayed) == re.sub(
        "[0-9]+ May 2026", "D", sentence.removesuffix(at_pace)
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "8 in 10 chance: between 8 May 2026 and 19 May 2026"),
        ({"depletes_on_p90": None}, "9 in 10 chance: 8 May 2026 or later, perhaps not within a year"),
        ({"depletes_on_p90": date(2026, 5, 8)}, "8 in 10 chance: on 8 May 2026"),
        ({"depletes_on_p10": None}, None),
        (
            {"depletes_on_p10": None, "forecast_status": "beyond_horizon"},
            "more likely than not, the credits last more than a year",
        ),
    ],
)
def test_the_range_is_stated_with_its_probability(
    example: Report, changes: dict[str, Any], sentence: str | None
) -> None:
    assert range_text(forecast_of(example, **(RANGE | changes)), write_date=day_month_year) == sentence


def test_a_renewal_that_is_not_the_headline_is_noted(example: Report) -> None:
    late = forecast_of(example, **(RANGE | RENEWAL), **{"forecast_status": "ok"})
    assert renewal_text(late, write_date=day_month_year) is None
    late = replace(late, chance_empty_before_grant=Decimal("0.62"))
    assert renewal_text(late, write_date=day_month_year) == (
        "next renewal 1 May 2026: 62 % chance of running out before it"
    )
    unknown = replace(late, chance_empty_before_grant=None)
    assert renewal_text(unknown, write_date=day_month_year) == "next renewal 1 May 2026"


CHARGE = {
    **{"forecast_status": "already_empty", "pace_date": None, "empty_since": date(2025, 5, 7)},
    **{"deciding_charge_source": "gateway", "deciding_charge_event_id": "e-9"},
    **{"deciding_charge_date": date(2025, 5, 7), "deciding_charge_credits": Decimal("88000.5")},
    **{"status_without_charge": "ok", "credits_remaining_without_charge": Decimal("640.2")},
    **{"empty_on_without_charge": date(2026, 6, 2)},
}
LEAD = (
    "One charge decides this: event e-9 of source gateway took 88,001 credits on 7 May 2025. Without it 640"
    " credits would be left, until about 2 Jun 2026. If it is an error, deliver event_id e-9 and source"
    " gateway in event_retractions"
)


def test_a_charge_that_decides_the_state_comes_first_everywhere(example: Report) -> None:
    report = changed(example, **CHARGE)
    page = text_of(render_page(report).split("<body>")[1])
    assert page.index(LEAD) < page.index("Empty since 7 May 2025")
    index = text_of(render_index([index_line(report)], published_at=datetime(2026, 4, 8, tzinfo=UTC)))
    assert index.index(LEAD) < index.index("Empty since 7 May 2025")
    lines = render_text(report).splitlines()
    assert lines[2].startswith("One charge decides this: event e-9 of source gateway took 88,001 credits on")
    assert lines[3].startswith("Total Credits Used")
    found = json.loads(render_json(report))["forecast"]
    assert next(iter(found)) == "deciding_charge" and found["deciding_charge"] in lines[2]
    assert found["credits_remaining_without_charge"] == "640.2"
    assert "One charge" not in render_text(example) + render_page(example)


@pytest.mark.parametrize(
    ("changes", "without"),
    [
        ({}, "640 credits would be left, until about 2 Jun 2026."),
        ({"empty_on_without_charge": None}, "640 credits would be left."),
        (
            {"empty_on_without_charge": None, "status_without_charge": "beyond_horizon"},
            "640 credits would be left, for more than a year.",
        ),
        ({"status_without_charge": "already_empty"}, "640 credits would be left."),
    ],
)
def test_what_would_be_left_without_the_charge_is_stated(
    example: Report, changes: dict[str, Any], without: str
) -> None:
    sentence = deciding_charge_text(forecast_of(example, **(CHARGE | changes)), write_date=day_month_year)
    assert sentence is not None and f"Without it {without}" in sentence
