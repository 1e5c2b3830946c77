"""Corrupted suggestions are reported by their gate: workspace, rank and both numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from expectations.suites import suggestions

Corruption = tuple[
    str, str, str, tuple[str, ...]
]  # check, severity, what corrupts the batch, words of the message
CRITICAL = "critical"
RULESET, TEMPLATE, CATEGORY, MEMBER = 1, 2, 3, 4  # by their ranks
RANKED = "suggestions_are_ranked_without_holes"
NAMED = "suggestions_name_the_segment_of_their_kind"
COUNTED = "suggestions_count_no_more_than_there_is"
SAVED = "potential_savings_are_at_most_what_was_wasted"
FALLING = "suggestions_with_more_saving_come_first"
EVIDENCE = "suggestions_have_the_evidence_of_the_facts"
SAVING = "potential_saving_credits"


def _corruption(check: str, rank: int, change: str, words: str = "") -> Corruption:
    statement = f"update waste.suggestions set {change} where suggestion_rank = {rank}"
    return check, CRITICAL, statement, (f"found 1 case: workspace w1, suggestion {rank}: {words}",)


def _misranked(change: str, words: str) -> Corruption:
    return RANKED, CRITICAL, change, (f"found 1 case: workspace {words}",)


SUGGESTIONS: list[Corruption] = [
    _misranked("delete from waste.suggestions where suggestion_rank = 2", "w1: 3 suggestions, ranks 1 to 4"),
    _misranked("delete from waste.suggestions where suggestion_rank = 1", "w1: 3 suggestions, ranks 2 to 4"),
    _misranked(
        "update waste.suggestions set suggestion_rank = 3 where suggestion_rank = 2",
        "w1: 4 suggestions, ranks 1 to 4",
    ),
    _misranked(
        "update waste.suggestions set suggestion_rank = null where suggestion_rank = 4",
        "w1: 4 suggestions, ranks 1 to 3",
    ),
    _misranked(
        "update waste.suggestions set suggestion_rank = suggestion_rank - 1",
        "w1: 4 suggestions, ranks 0 to 3",
    ),
    _misranked("update waste.suggestions set workspace_id = null", "null: 4 suggestions, ranks 1 to 4"),
    *(
        _corruption(NAMED, rank, f"{column} = null")
        for rank, column in (
            (RULESET, "ruleset_id"),
            (TEMPLATE, "template_id"),
            (CATEGORY, "product_category"),
            (CATEGORY, "generation_type"),
            (MEMBER, "member_id"),
        )
    ),
    *(
        _corruption(NAMED, rank, f"{column} = 'x'")
        for rank in (RULESET, TEMPLATE, CATEGORY, MEMBER)
        for own, column in (
            (RULESET, "ruleset_id"),
            (TEMPLATE, "template_id"),
            (CATEGORY, "product_category"),
            (MEMBER, "member_id"),
        )
        if own != rank
    ),
    _corruption(
        NAMED, TEMPLATE, "segment_kind = 'model'", "model with ruleset null, template t2, category null"
    ),
    _corruption(NAMED, MEMBER, "segment_kind = null", "null with ruleset null"),
    *(
        _corruption(COUNTED, RULESET, change, words)
        for change, words in (
            ("affected_count = 4, wasted_generation_count = 2", "4 of 3 affected"),
            ("affected_count = -1", "-1 of 3 affected"),
            ("affected_count = null", "null of 3 affected"),
            ("affected_count = 2", "2 of 3 affected, 0 of 1 elsewhere; 1 of 3 generations"),
            ("evidence_count = 2", "1 of 2 affected, 0 of 1 elsewhere; 1 of 3 generations"),
            ("evidence_count = null", "1 of null affected"),
            ("elsewhere_affected_count = 2", "1 of 3 affected, 2 of 1 elsewhere"),
            ("elsewhere_affected_count = -1", "1 of 3 affected, -1 of 1 elsewhere"),
            ("elsewhere_count = null", "1 of 3 affected, 0 of null elsewhere"),
            ("wasted_generation_count = 4", "1 of 3 affected, 0 of 1 elsewhere; 4 of 3 generations"),
            (
                "wasted_credits = 8.750001",
                "1 of 3 affected, 0 of 1 elsewhere; 1 of 3 generations and 8.750001",
            ),
            ("wasted_credits = -0.000001", "1 of 3 affected"),
            ("credits = null", "1 of 3 affected"),
            ("waste_reason = null", "1 of 3 affected"),
        )
    ),
    _corruption(COUNTED, CATEGORY, "wasted_generation_count = -1", "0 of 2 affected"),
    *(
        _corruption(SAVED, TEMPLATE, change, words)
        for change, words in (
            (f"{SAVING}_low = -0.000001", "-0.000001, 1.000000, 1.200000 of 1.250000 wasted"),
            (f"{SAVING}_low = 1.000001", "1.000001, 1.000000, 1.200000"),
            (f"{SAVING}_mid = 1.200001", "0.000000, 1.200001, 1.200000"),
            (f"{SAVING}_high = 1.250001", "0.000000, 1.000000, 1.250001 of 1.250000 wasted"),
            (f"{SAVING}_low = null", "null, 1.000000"),
            (f"{SAVING}_mid = null", "0.000000, null"),
            (f"{SAVING}_high = null", "0.000000, 1.000000, null"),
        )
    ),
    _corruption(FALLING, CATEGORY, f"{SAVING}_mid = 1.000001", "1.000001 after 1.000000"),
    *(
        _corruption(EVIDENCE, rank, change)
        for rank in (RULESET, TEMPLATE, CATEGORY, MEMBER)
        for change in (
            "generation_count = generation_count + 1",
            "wasted_generation_count = wasted_generation_count - 1",
            "credits = credits + 0.000001",
            "wasted_credits = wasted_credits - 0.000001",
        )
    ),
    _corruption(
        EVIDENCE,
        RULESET,
        "generation_count = null",
        "1 of null generations and 1.250000 of 8.750000 credits wasted from 2026-01-01 on, "
        "in the facts 1 of 3 and 1.250000 of 8.750000",
    ),
    *(
        _corruption(EVIDENCE, rank, f"{column} = 'x'")
        for rank, column in (
            (RULESET, "ruleset_id"),
            (TEMPLATE, "template_id"),
            (CATEGORY, "product_category"),
            (CATEGORY, "generation_type"),
            (MEMBER, "member_id"),
        )
    ),
    _corruption(EVIDENCE, MEMBER, "evidence_from = '2026-01-02'"),
    _corruption(EVIDENCE, MEMBER, "evidence_from = null"),
    _corruption(EVIDENCE, MEMBER, "evidence_to = '2026-04-01'"),
    _corruption(EVIDENCE, MEMBER, "evidence_to = '2026-03-30'"),
    _corruption(EVIDENCE, MEMBER, "evidence_to = null"),
    (
        EVIDENCE,
        CRITICAL,
        "update facts.fct_generations set usage_date = '2025-12-31' where event_id = 'e2'",
        (
            "found 3 cases",  # all but the one of member m1
            "in the facts 1 of 2 and 1.250000 of 3.750000",
            "in the facts 1 of 3 and 1.250000 of 13.750000",
        ),
    ),
    (
        EVIDENCE,
        CRITICAL,
        "update facts.fct_generations set workspace_id = 'w2'",
        ("found 4 cases", "in the facts 0 of 0 and 0.000000 of 0.000000"),
    ),
]


@pytest.mark.parametrize("corruption", SUGGESTIONS, ids=[corruption[0] for corruption in SUGGESTIONS])
def test_corrupted_suggestions_are_reported(
    corruption: Corruption, assert_reported: Callable[..., None]
) -> None:
    assert_reported("waste", *corruption)


def test_every_check_of_suggestions_is_failed_by_some_batch() -> None:
    checks = {check.name for gate in suggestions.GATES for check in gate.checks}
    assert checks == {corruption[0] for corruption in SUGGESTIONS}
