"""The page: the same facts as the text, safe to open, and readable by everyone."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from support.page_states import with_windows

from orchestration.publish.report.model import Report
from orchestration.publish.report.page import render_page

CAUTION = "Savings are potential: they overlap and are not to be added up, and name no cause."


class Outline(HTMLParser):
    """The elements of a page in order, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def first(pattern: str, page: str) -> str:
    found = re.search(pattern, page, flags=re.DOTALL)
    assert found, pattern
    return found[1]


def headlines(page: str) -> set[str]:
    return {first("<title>(.*?)</title>", page), first("<h1>(.*?)</h1>", page)}


def listed(page: str) -> str:
    return first('<ol class="suggestions">(.*?)</ol>', page)


def with_forecast(report: Report, **changes: Any) -> Report:
    assert report.forecast is not None
    return replace(report, forecast=replace(report.forecast, **changes))


def test_headline_and_title_say_when_credits_run_out(example: Report) -> None:
    page = render_page(example)
    assert headlines(page) == {"Empty by 12 May 2026 at the current pace"}
    text = Outline(page).text
    assert "Acme Store · last 30 days · data to 7 Apr 2026, UTC · published 8 Apr 2026, 02:10 UTC" in text
    assert re.search(r"Left\s*2,660\s*credits on 7 Apr 2026", text)
    assert "30 days; 78 in the last 7" in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"forecast_status": "already_empty", "empty_since": date(2026, 4, 3)}, "Empty since 3 Apr 2026"),
        ({"forecast_status": "no_burn", "pace_date": None}, "No use in 30 days"),
        ({"forecast_status": "beyond_horizon", "pace_date": None}, "Lasts more than a year"),
        ({"pace_date": None, "burn_rate_7d": Decimal(0)}, "No use in 7 days"),
        ({"forecast_status": "no_ledger", "pace_date": None}, "2,340 credits used in 30 days"),
    ],
)
def test_every_state_of_the_forecast_has_a_headline(
    example: Report, changes: dict[str, Any], sentence: str
) -> None:
    assert headlines(render_page(with_forecast(example, **changes))) == {sentence}


def test_a_short_history_is_noted_below_the_date(example: Report) -> None:
    page = render_page(with_forecast(example, forecast_status="insufficient_history", history_days=9))
    assert "Too early for a range: 9 of 14 days." in page


def test_bars_have_a_text_alternative_and_are_to_scale(example: Report) -> None:
    page = render_page(example)
    labels = [
        attributes["aria-label"] for attributes in Outline(page).all("div") if attributes.get("role") == "img"
    ]
    assert labels == [
        "2,340 of the allowance of 5,000 credits are drawn, 2,660 are left.",
    ]
    assert re.findall(r"width:([\d.]+%)\"", page)[:3] == ["46.8%", "100.0%", "76.5%"]


def test_waste_checks_and_the_most_efficient_member_are_shown(example: Report) -> None:
    text = Outline(render_page(example)).text
    assert "Regenerations (3+ attempts)" in text
    assert re.search(r"were thrown away\.\s*180\s*7\.7%\s*60\s", text)
    assert "The one thing to change\nImprove rulesets to reduce rework. Ruleset rs1: 22 % of" in text
    assert "1 of 2 checks of the newest run failed:" in text
    sentence = "“nothing is late” does not hold in credit_summary; it is a warning, which holds nothing back."
    assert sentence in text
    assert "of w9" not in text
    assert "Most efficient: Lisa, the fewest credits per product (4.9)" in text
    passed = tuple(check for check in example.checks if check.passed)
    assert "All 1 checks of the newest run passed." in render_page(replace(example, checks=passed))


def test_suggestions_are_an_ordered_list_with_saving_and_evidence(example: Report) -> None:
    one = example.suggestions[0]
    other = replace(
        one,
        suggestion_rank=2,
        waste_reason="rejected_content",
        suggestion="Keywords of Shoes.",
        saving_days=None,
    )
    page = render_page(replace(example, suggestions=(one, other)))
    items = [Outline(item).text for item in re.findall("<li>(.*?)</li>", listed(page), flags=re.DOTALL)]
    assert items == [
        f"{one.suggestion}115 to 145 credits a month, about 2 days later"
        "Evidence: 38 of 175 runs of attempts, elsewhere 1 of 179, 8 Jan 2026 to 7 Apr 2026",
        "Keywords of Shoes.115 to 145 credits a month"
        "Evidence: 38 of 175 generations, elsewhere 1 of 179, 8 Jan 2026 to 7 Apr 2026",
    ]
    text = Outline(page).text
    assert text.count(CAUTION) == 1
    assert text.index("Improve rulesets") < text.index("Ruleset rs1") < text.index(CAUTION)
    assert "more in the mart" not in text


def test_ten_suggestions_are_listed_and_the_rest_are_counted(example: Report) -> None:
    many = tuple(replace(example.suggestions[0], suggestion=f"Change {rank}.") for rank in range(1, 1013))
    ten, more = (render_page(replace(example, suggestions=many[:count])) for count in (10, 1012))
    assert re.findall(r"Change \d+\.", listed(ten)) == [f"Change {rank}." for rank in range(1, 11)]
    assert "more in the mart" not in ten
    assert listed(more) == listed(ten)
    assert "And 1,002 more in the mart waste_suggestions." in Outline(more).text


def test_waste_without_a_suggestion_says_that_nothing_stands_out(example: Report) -> None:
    page = render_page(replace(example, suggestions=()))
    text = Outline(page).text
    assert "None; no part of the work wastes clearly more than the rest." in text
    assert "<ol" not in page and CAUTION not in text


def test_a_suggestion_is_listed_even_if_nothing_was_wasted_in_the_period(example: Report) -> None:
    text = Outline(render_page(replace(example, waste=()))).text
    assert "No waste detected." in text
    assert "Improve rulesets to reduce rework." in text
    assert example.suggestions[0].suggestion in text and CAUTION in text


def test_without_waste_and_suggestions_there_is_no_advice(example: Report) -> None:
    text = Outline(render_page(replace(example, waste=(), suggestions=()))).text
    assert "No waste detected." in text
    assert "The one thing to change" not in text and CAUTION not in text


def test_pending_credits_are_shown_if_waste_is_expected(example: Report) -> None:
    summary = replace(
        example.summary,
        expected_pending_waste_credits=Decimal(40),
        expected_pending_waste_credits_low=Decimal(30),
        expected_pending_waste_credits_high=Decimal(55),
    )
    sentence = "Pending: 200 credits, of which 30 to 55 are expected to end as waste."
    assert sentence in Outline(render_page(replace(example, summary=summary))).text
    assert "Pending" not in render_page(example)
    assert '<p class="pending">' not in render_page(example)


def test_names_from_outside_are_escaped(example: Report) -> None:
    attack = '"><script>alert(1)</script>'
    members = tuple(replace(line, name=attack) for line in example.members)
    summary = replace(example.summary, workspace_name=attack, timezone=attack)
    checks = tuple(replace(check, check_name=attack, asset=attack) for check in example.checks)
    waste = tuple(replace(line, waste_reason=attack) for line in example.waste)
    suggestions = tuple(
        replace(
            one,
            segment_kind=attack,
            segment_id=attack,
            waste_reason=attack,
            suggestion=f"Ruleset {attack}: 2 %",
        )
        for one in example.suggestions
    )
    attacked = replace(example, members=members, categories=members, generation_types=members)
    attacked = replace(attacked, suggestions=suggestions)
    page = render_page(replace(attacked, summary=summary, checks=checks, waste=waste))
    assert "<script" not in page.lower()
    text = Outline(page).text
    assert text.count("<script>") > 10
    assert f"Ruleset {attack}: 2 %" in text
    assert f"Look at the generations behind {attack}." in text


def test_a_name_in_a_suggestion_cannot_reverse_the_text(example: Report) -> None:
    reversed_text = replace(example.suggestions[0], suggestion="Ruleset \u202eab\x07: 22 % of them")
    assert "<p>Ruleset ab: 22 % of them</p>" in render_page(replace(example, suggestions=(reversed_text,)))


def test_the_page_sends_no_requests_and_its_policy_allows_only_its_own_style(example: Report) -> None:
    page = render_page(example)
    policy = next(meta for meta in Outline(page).all("meta") if "http-equiv" in meta)
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert str(policy["content"]).startswith("default-src 'none'; style-src 'unsafe-inline'")
    attributes = {name for _, present in Outline(page).elements for name in present}
    assert attributes.isdisjoint({"src", "href", "srcset", "onclick", "onload"})
    assert not re.search(r"url\(|@import|https?:", page)


def test_headings_are_in_order_and_tables_have_scopes(example: Report) -> None:
    outline = Outline(render_page(example))
    tags = [tag for tag, _ in outline.elements]
    assert tags.count("main") == tags.count("h1") == 1
    assert tags.index("h1") < tags.index("h2")
    assert {tag for tag in tags if re.fullmatch("h[1-6]", tag)} == {"h1", "h2"}
    assert outline.all("html") == [{"lang": "en"}]
    assert {heading.get("scope") for heading in outline.all("th")} == {"row", "col"}


def test_a_workspace_without_ledger_or_use_has_a_page(example: Report) -> None:
    unfunded = replace(example.summary, allowance=None, credits_remaining=None, overage=None)
    unused = replace(
        unfunded, credits_used=Decimal(0), wasted_credits=Decimal(0), burn_rate=None, waste_rate=None
    )
    empty = replace(example, members=(), categories=(), generation_types=(), waste=(), checks=())
    empty = replace(empty, suggestions=())
    page = render_page(replace(empty, summary=unused, forecast=None))
    assert headlines(page) == {"No forecast for 7 Apr 2026"}
    text = Outline(page).text
    assert "No use in the last 30 days." in text
    assert "No waste detected." in text
    assert "No checks are recorded." in text
    assert "drawn" not in text


def test_a_zero_allowance_has_no_bar(example: Report) -> None:
    page = render_page(replace(example, summary=replace(example.summary, allowance=Decimal(0))))
    assert "drawn" not in page


def test_what_was_used_and_wasted_is_also_shown_in_money_where_it_has_one_currency(example: Report) -> None:
    costs = {"cost": Decimal("122.85"), "wasted_cost": Decimal("9.45"), "unpriced_credits": Decimal(12)}
    priced = Outline(render_page(replace(example, summary=replace(example.summary, currency="USD", **costs))))
    assert "122.85 USD" in priced.text
    assert "They cost 9.45 USD." in priced.text
    assert "No price is known for 12 of the credits used" in priced.text
    several = Outline(render_page(replace(example, summary=replace(example.summary, **costs))))
    assert "9.45" not in several.text


def test_windows_are_chosen_without_a_script_and_the_asked_one_comes_first(example: Report) -> None:
    page = render_page(with_windows(example))
    radios = Outline(page).all("input")
    assert [(radio["type"], radio["id"], "checked" in radio) for radio in radios] == [
        ("radio", "window-7d", False),
        ("radio", "window-30d", True),
    ]
    assert [label["for"] for label in Outline(page).all("label")] == ["window-7d", "window-30d"]
    assert "body:has(#window-7d:checked) .window:not(.of-7d){display:none;}" in page
    assert "Credits by day, 1 Apr 2026 to 7 Apr 2026: at most 76, on 7 Apr 2026." in page
    # one window leaves nothing to choose
    assert "<fieldset" not in render_page(example)


def test_lines_link_to_the_dashboard_only_where_its_address_is_known(example: Report) -> None:
    linked = Outline(render_page(example, dashboard_url="https://credits.example")).all("a")
    assert linked[0]["href"] == "https://credits.example?workspace=w1&period=30d&member_id=m1"
    assert len(linked) == 2 * 3 * 3 + 2 + 1 + 1  # the top three and all of members, categories, types
    assert "<a " not in render_page(example)
