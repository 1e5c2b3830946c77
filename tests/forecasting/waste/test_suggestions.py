"""The text of suggestions, word by word, and how many days longer the credits last with a saving."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from support.suggestion_rows import suggestion_for

from forecasting.waste.suggestions import distinct_names


def test_a_ruleset_with_many_attempts_reads_as_its_first_user_wrote_it() -> None:
    assert suggestion_for()["suggestion"] == (
        "Ruleset rs_12: 34 % of its descriptions take 3 or more attempts, 12 % elsewhere; "
        "tightening it could save 90 to 140 credits a month, about 2 days."
    )


@pytest.mark.parametrize(
    ("segment", "begins"),
    [
        (
            {
                "segment_kind": "template",
                "ruleset_id": None,
                "template_id": "t1",
                "waste_reason": "failed_generation",
            },
            "Template t1: 34 % of its descriptions fail, 12 % elsewhere; reworking it",
        ),
        (
            {
                "segment_kind": "category_type",
                "ruleset_id": None,
                "product_category": "Shoes",
                "generation_type": "meta",
                "waste_reason": "unused_content",
            },
            "Meta tags of Shoes: 34 % of them are never used, 12 % elsewhere; reviewing what is asked for",
        ),
        (
            {
                "segment_kind": "model",
                "ruleset_id": None,
                "model": "m-2",
                "waste_reason": "failed_generation",
            },
            "Model m-2: 34 % of its descriptions fail, 12 % elsewhere; trying another one could save",
        ),
        (
            {
                "segment_kind": "workflow",
                "ruleset_id": None,
                "workflow": "import",
                "waste_reason": "rejected_content",
            },
            "Workflow import: 34 % of its descriptions are rejected, 12 % elsewhere; reworking it could save",
        ),
        (
            {
                "segment_kind": "member_type",
                "ruleset_id": None,
                "member_id": "m1",
                "generation_type": None,
                "waste_reason": "rejected_content",
            },
            "Member Sarah: 34 % of the generations are rejected, 12 % elsewhere; going through them together",
        ),
        (
            {
                "segment_kind": "member_type",
                "ruleset_id": None,
                "member_id": "m9",
                "generation_type": "alt_text",
            },
            "Member m9: 34 % of the alt_text generations take 3 or more attempts",
        ),
        (
            {
                "segment_kind": "category_type",
                "ruleset_id": None,
                "product_category": "Shoes",
                "generation_type": "meta",
                "waste_reason": "unneeded_field",
            },
            "Meta tags of Shoes: none of the 200 made 14 to 90 days ago was used, nor any since; "
            "not generating them could save 90 to 140 credits a month",
        ),
    ],
)
def test_each_kind_of_segment_is_named_with_what_happens_there(segment: dict[str, Any], begins: str) -> None:
    assert suggestion_for(segment)["suggestion"].startswith(begins)


def test_a_plain_comparison_that_would_contradict_the_claim_is_not_made() -> None:
    """Other segments found before, or another mix of types, can make all else look worse."""
    text = suggestion_for(evidence={"elsewhere_affected_count": 190})["suggestion"]
    assert "34 % of its descriptions take 3 or more attempts, 11 % where all else is alike" in text


def test_low_shares_have_the_digits_that_distinguish_them() -> None:
    text = suggestion_for(
        evidence={
            "evidence_count": 10_000,
            "affected_count": 48,
            "elsewhere_count": 10_000,
            "elsewhere_affected_count": 12,
        }
    )["suggestion"]
    assert "0.5 % of its descriptions" in text
    assert "0.1 % elsewhere" in text


@pytest.mark.parametrize(
    ("saving", "words"),
    [
        ((0.2, 4.0, 9.994), "0.20 to 9.99 credits a month"),
        ((0.0, 4.0, 90.0), "up to 90 credits a month"),
        ((1234.4, 1300.0, 1400.4), "1,234 to 1,400 credits a month"),
        ((0.00001, 0.00002, 0.00003), "0.000010 to 0.000030 credits a month"),
        ((20.1, 20.2, 20.3), "20 credits a month"),
    ],
)
def test_a_saving_has_as_many_digits_as_it_needs(saving: tuple[float, ...], words: str) -> None:
    low, mid, high = saving
    text = suggestion_for({"saving_low": low, "saving_mid": mid, "saving_high": high})["suggestion"]
    assert f"could save {words}" in text


@pytest.mark.parametrize(
    ("balance", "days"),
    [
        ({}, 1.8),
        ({"credits_remaining": None}, None),
        ({"burnt_credits": 0.0}, None),
        ({"credits_remaining": 0.0}, 0.0),
        ({"credits_remaining": 1_000_000.0}, None),  # lasts a year anyway
        (
            {"burnt_credits": 116.0, "credits_remaining": 1000.0},
            365 - 1000 * 30 / 116,
        ),  # at most a year ahead
        # ten days of use saved what thirty would have: the saving is of those ten
        ({"burnt_credits": 780.0, "burnt_days": 10.0}, 2660 / 66.5 - 2660 / 78),
    ],
)
def test_saving_days_are_days_of_what_is_left(balance: dict[str, Any], days: float | None) -> None:
    found = suggestion_for(balance=balance)["saving_days"]
    assert pd.isna(found) if days is None else found == pytest.approx(days, abs=0.051)


def test_evidence_reaches_to_as_of_only_for_what_shows_at_once() -> None:
    assert suggestion_for()["evidence_to"] == pd.Timestamp("2026-04-07")
    assert suggestion_for({"waste_reason": "rejected_content"})["evidence_to"] == pd.Timestamp("2026-03-24")
    assert suggestion_for()["evidence_from"] == pd.Timestamp("2026-01-08")


def test_a_member_who_shares_a_name_is_named_with_the_id() -> None:
    people = pd.DataFrame(
        {
            "workspace_id": ["w1", "w1", "w1", "w2", "w1"],
            "member_id": ["m1", "m2", "m3", "m4", "m5"],
            "member_name": ["Anna", "Anna", "Tom", "Anna", None],
        }
    )
    names = distinct_names(people)["member_name"].tolist()
    assert names[:4] == ["Anna (m1)", "Anna (m2)", "Tom", "Anna"] and pd.isna(names[4])
