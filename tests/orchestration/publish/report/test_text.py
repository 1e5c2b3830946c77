"""The text report has the layout of the user's example, in every state."""

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from rich.cells import cell_len

from orchestration.publish.report.as_json import render_json
from orchestration.publish.report.model import Report, UsageLine, WasteLine
from orchestration.publish.report.page import render_page
from orchestration.publish.report.pages import index_line
from orchestration.publish.report.text import render_text

THE_EXAMPLE = """\
By team member                                        By generation type
Sarah  680 credits (29%)   6.2 credits/product        Descriptions   1,200 (51%)
Mike   520 credits (22%)   5.8 credits/product        Meta tags        500 (21%)
Lisa   480 credits (21%)   4.9 credits/product  *     Bullet points    340 (15%)
Tom    400 credits (17%)   5.3 credits/product        Keywords         300 (13%)
Anna   260 credits (11%)   5.2 credits/product        * most efficient
"""


def lines(report: Report) -> list[str]:
    return render_text(report).splitlines()


def headline(report: Report) -> str:
    return lines(report)[2]


def with_forecast(report: Report, **changes: Any) -> Report:
    assert report.forecast is not None
    return replace(report, forecast=replace(report.forecast, **changes))


def with_suggestions(report: Report, count: int) -> Report:
    return replace(
        report,
        suggestions=tuple(
            replace(report.suggestions[0], suggestion_rank=rank, suggestion=f"Change {rank}.")
            for rank in range(1, count + 1)
        ),
    )


def with_summary(report: Report, **changes: Any) -> Report:
    return replace(report, summary=replace(report.summary, **changes))


def with_waste(report: Report, **credits: str) -> Report:
    waste = tuple(WasteLine(reason, Decimal(value), 5, None) for reason, value in credits.items())
    total = sum((line.wasted_credits for line in waste), Decimal(0))
    return replace(with_summary(report, wasted_credits=total, waste_rate=total / 2340), waste=waste)


def member(name: str, spent: str, *, is_most_efficient: bool = False) -> UsageLine:
    amount = Decimal(spent)
    return UsageLine(
        *(name, name, amount, None, 1, 1, 1, 0, None, 1, amount, None, 0, Decimal(0), None, is_most_efficient)
    )


def test_the_report_is_the_example_of_the_user(example: Report) -> None:
    text = render_text(example)
    assert text.startswith("Credit Usage Analytics - Last 30 Days\nAcme Store, data to 7 Apr 2026, UTC\n")
    assert headline(example) == (
        "Total Credits Used: 2,340 of 5,000     Burn rate: 78/day     Forecast: Empty by May 12"
    )
    assert THE_EXAMPLE in text
    assert text.endswith(
        "Waste detected: 180 credits on regenerations (3+ attempts)\n"
        "Suggestion: improve rulesets to reduce rework\n"
        "  Ruleset rs1: 22 % of its descriptions take 3 or more attempts, 1 % elsewhere; tightening it"
        " could save 115 to 145 credits a month, about 2 days."
    )


def test_the_pace_has_its_date(example: Report) -> None:
    assert lines(example)[3] == (
        "At current pace, as of 7 Apr 2026: credits last until May 12 (2,660 left, 78/day over 7 days)"
    )


def test_categories_come_last(example: Report) -> None:
    text = lines(example)
    at = text.index("By category")
    assert text[at + 1] == "Shoes        900 credits (38%)   6.0 credits/product"
    assert text[at + 4] == "Accessories  320 credits (14%)   6.4 credits/product"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"forecast_status": "already_empty", "pace_date": None, "empty_since": date(2026, 5, 3)},
            "Empty since May 3",
        ),
        ({"forecast_status": "no_burn", "pace_date": None}, "No use in 30 days"),
        ({"forecast_status": "beyond_horizon", "pace_date": None}, "lasts more than a year"),
        ({"pace_date": None}, "lasts more than a year"),
        ({"pace_date": None, "burn_rate_7d": Decimal(0)}, "no use in 7 days"),
        ({"pace_date": date(2027, 1, 3)}, "Empty by January 3, 2027"),
        (
            {"forecast_status": "insufficient_history", "history_days": 9},
            "Empty by May 12 (too early for a range: 9 of 14 days)",
        ),
    ],
)
def test_every_forecast_status_has_a_headline(
    example: Report, changes: dict[str, Any], sentence: str
) -> None:
    assert headline(with_forecast(example, **changes)).endswith(f"     Forecast: {sentence}")


def test_without_a_ledger_no_allowance_is_shown(example: Report) -> None:
    without = with_summary(
        example, allowance=None, credits_remaining=None, overage=None, credits_used=Decimal(1234)
    )
    without = with_forecast(without, forecast_status="no_ledger", pace_date=None, credits_remaining=None)
    assert (
        headline(without) == "Total Credits Used: 1,234     Burn rate: 78/day     Forecast: no credit ledger"
    )
    assert lines(without)[3] == ""


def test_without_a_forecast_the_rest_is_shown(example: Report) -> None:
    assert headline(replace(example, forecast=None)).endswith("Forecast: not made for this day")


def test_overage_and_the_next_grant_are_shown(example: Report) -> None:
    text = lines(with_forecast(with_summary(example, overage=Decimal(12)), next_grant_on=date(2026, 5, 1)))
    assert text[4:6] == [
        "Next renewal May 1",
        "Overage: 12 of these credits were covered by no lot",
    ]


def test_a_period_without_use_says_so(example: Report) -> None:
    empty = replace(example, members=(), categories=(), generation_types=(), waste=(), suggestions=())
    text = lines(with_summary(empty, credits_used=Decimal(0), burn_rate=None))
    assert "Burn rate: 0/day" in text[2]
    assert text[-3:] == ["No use in the last 30 days", "", "Waste detected: none"]


def test_waste_reasons_are_listed_most_first_without_those_that_cost_nothing(example: Report) -> None:
    text = lines(
        with_waste(
            replace(example, suggestions=()),
            rejected_content="232",
            excess_regeneration="180",
            new_reason="0.4",
            unused_content="0",
        )
    )
    assert text[-5:] == [
        "Waste detected: 412 credits (17.6%)",
        "  232 credits on rejected content",
        "  180 credits on regenerations (3+ attempts)",
        "   <1 credits on new reason",
        "Suggestion: none; no part of the work wastes clearly more than the rest",
    ]


@pytest.mark.parametrize(
    ("count", "listed"),
    [
        (1, ["  Change 1."]),
        (5, ["  Change 1.", "  Change 2.", "  Change 3.", "  Change 4.", "  Change 5."]),
        (6, ["  Change 1.", "  Change 2.", "  Change 3.", "  Change 4.", "  Change 5.", "  and 1 more"]),
        (12, ["  Change 1.", "  Change 2.", "  Change 3.", "  Change 4.", "  Change 5.", "  and 7 more"]),
    ],
)
def test_five_suggestions_follow_in_order_and_the_rest_are_counted(
    example: Report, count: int, listed: list[str]
) -> None:
    text = lines(with_suggestions(example, count))
    assert text[text.index("Suggestion: improve rulesets to reduce rework") + 1 :] == listed


def test_a_suggestion_is_listed_even_if_nothing_was_wasted_in_the_period(example: Report) -> None:
    text = lines(replace(with_suggestions(with_waste(example), 1), waste=()))
    assert text[-3:] == [
        "Waste detected: none",
        "Suggestion: improve rulesets to reduce rework",
        "  Change 1.",
    ]


def test_pending_credits_come_after_the_suggestions(example: Report) -> None:
    pending = with_summary(
        with_suggestions(example, 1),
        expected_pending_waste_credits=Decimal(40),
        expected_pending_waste_credits_low=Decimal(30),
        expected_pending_waste_credits_high=Decimal(55),
    )
    assert lines(pending)[-4:] == [
        "Waste detected: 180 credits on regenerations (3+ attempts)",
        "Suggestion: improve rulesets to reduce rework",
        "  Change 1.",
        "Pending: 200 credits, of which 30 to 55 are expected to end as waste",
    ]


def test_a_name_in_a_suggestion_has_no_control_characters(example: Report) -> None:
    control = replace(example.suggestions[0], suggestion="Ruleset a\x1b[2J\nb: 22 % of them")
    assert lines(replace(example, suggestions=(control,)))[-1] == "  Ruleset a[2J b: 22 % of them"


def test_members_beyond_ten_are_summed_and_percentages_still_sum_to_100(example: Report) -> None:
    team = [member(f"Member {number}", "100") for number in range(10)]
    crowd = [member(f"Crowd {number}", "1") for number in range(1000)]
    text = lines(replace(example, members=(*team, *crowd)))
    assert text[6].startswith("Member 0          100 credits  (5%)   100.0 credits/product")
    assert text[16].startswith("others (1,000)  1,000 credits (50%)")
    assert not any("Crowd" in line for line in text)


def test_the_most_efficient_member_is_listed_wherever_it_ranks(example: Report) -> None:
    team = [member(f"Member {number}", "100") for number in range(10)]
    text = render_text(replace(example, members=(*team, member("Zoe", "1", is_most_efficient=True))))
    assert re.search(r"Zoe +1 credits +\(0%\) +1\.0 credits/product  \*", text)
    assert "others" not in text


def test_breakdowns_add_up_to_the_displayed_total(example: Report) -> None:
    spent = ("484.4", "481.4", "470.4", "465.4", "438.4")
    categories = tuple(member(f"c{index}", value) for index, value in enumerate(spent))
    text = lines(replace(example, categories=categories))
    shown = [int(line.split()[1]) for line in text[text.index("By category") + 1 :][:5]]
    assert sum(shown) == 2340
    assert shown == [485, 482, 470, 465, 438]


def test_no_mark_without_a_most_efficient_member(example: Report) -> None:
    plain = tuple(replace(line, is_most_efficient=False) for line in example.members)
    assert "most efficient" not in render_text(replace(example, members=plain))


def test_small_amounts_do_not_all_print_as_zero(example: Report) -> None:
    small = with_summary(
        example, credits_used=Decimal("0.37"), burn_rate=Decimal("0.0123"), credits_per_product=Decimal("0.2")
    )
    text = render_text(replace(small, members=(member("Ada", "0.30"), member("Bo", "0.07"))))
    assert "Total Credits Used: 0.37 of 5,000     Burn rate: 0.01/day" in text
    assert "Ada  0.30 credits (81%)   0.300 credits/product" in text
    assert "Bo   0.07 credits (19%)   0.070 credits/product" in text


def test_columns_stay_aligned_with_unequal_lengths_and_wide_names(example: Report) -> None:
    names = ["👩\u200d👩\u200d👧 Zoë", "דנה לוי", "日本語の名前", "\x1b[31mred\nline", "x" * 60]
    members = tuple(replace(line, name=name) for line, name in zip(example.members, names, strict=True))
    types = tuple(member(f"tool:kind_{number}", "10") for number in range(14))
    text = lines(replace(example, members=members, generation_types=types))
    start = next(index for index, line in enumerate(text) if line.startswith("By team member"))
    rows = text[start : start + 12]
    assert len({cell_len(row.split("tool:")[0]) for row in rows[1:11]}) == 1
    assert "\x1b" not in "".join(text)
    assert rows[5].startswith("x" * 27 + "…  260 credits")
    assert rows[11].strip().startswith("others (4)")


def test_a_member_without_a_printable_name_is_shown_by_the_id(example: Report) -> None:
    nameless = (replace(example.members[0], name="\x00"), *example.members[1:])
    assert "\nm1  " in render_text(replace(example, members=nameless))


def test_more_use_than_was_drawn_of_the_allowance_is_printed_beside_it(example: Report) -> None:
    """Use before the first lot read as "3,000 of 5,000", with 3,900 left."""
    late = with_summary(example, credits_used=Decimal(3000), credits_remaining=Decimal(3900))
    assert headline(late).startswith(
        "Total Credits Used: 3,000 in 30 days; 1,100 of the allowance of 5,000 used, 3,900 left     Burn"
    )
    assert "<dd>1,100 of the allowance of 5,000 used</dd>" in render_page(late)
    refunded = with_summary(example, credits_used=Decimal(10), credits_remaining=Decimal(5100))
    assert "10 in 30 days; 0 of the allowance of 5,000 used, 5,100 left" in headline(refunded)
    exact = with_summary(example, credits_used=Decimal(1100), credits_remaining=Decimal(3900))
    assert headline(exact).startswith("Total Credits Used: 1,100 of 5,000     Burn")


def test_a_log_without_products_and_outcomes_is_not_praised_for_its_waste(example: Report) -> None:
    nothing = with_waste(replace(example, suggestions=()))
    untracked = with_summary(nothing, product_count=0, untracked_credits=Decimal(2340))
    sentence = (
        "Content is not tracked (no product named, no outcomes): whether 2,340 credits were wasted is unknown"
    )
    assert lines(untracked)[-2:] == ["Waste detected: unknown", sentence]
    page = render_page(untracked)
    assert page.count(f"{sentence}.") == 2  # below the headline, and in its section
    assert '<dd class="value">–</dd><dd>unknown</dd>' in page
    assert "No waste detected" not in page and ">0.0%<" not in page
    assert json.loads(render_json(untracked))["waste"]["unknown"] == sentence
    assert index_line(untracked).wasted is None
    partly = with_summary(nothing, untracked_credits=Decimal(40))
    assert lines(partly)[-2:] == [
        "Waste detected: none",
        "Whether 40 credits were wasted is unknown: what became of their content is not delivered",
    ]
    assert "unknown" not in render_text(example) + render_page(example)
