"""Spoilt suggestions are named by their gate: workspace, rank and both numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from expectations.suites import suggestions

Spoilt = tuple[str, str, str, tuple[str, ...]]  # check, severity, what spoils the batch, words of the message
CRITICAL = "critical"
RULESET, TEMPLATE, CATEGORY, MEMBER = 1, 2, 3, 4  # by their ranks
RANKED = "suggestions_are_ranked_without_holes"
NAMED = "suggestions_name_the_segment_of_their_kind"
COUNTED = "suggestions_count_no_more_than_there_is"
SAVED = "potential_savings_are_at_most_what_was_wasted"
FALLING = "suggestions_with_more_saving_come_first"
EVIDENCE = "suggestions_have_the_evidence_of_the_facts"
SAVING = "potential_saving_credits"


def _spoilt(check: str, rank: int, change: str, words: str = "") -> Spoilt:
    spoil = f"update waste.suggestions set {change} where suggestion_rank = {rank}"
    return check, CRITICAL, spoil, (f"found 1 case: workspace w1, suggestion {rank}: {words}",)


def _misranked(change: str, words: str) -> Spoilt:
    return RANKED, CRITICAL, change, (f"found 1 case: workspace {words}",)


SUGGESTIONS: list[Spoilt] = [
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
        _spoilt(NAMED, rank, f"{column} = null")
        for rank, column in (
            (RULESET, "ruleset_id"),
            (TEMPLATE, "template_id"),
            (CATEGORY, "product_category"),
            (CATEGORY, "generation_type"),
            (MEMBER, "member_id"),
        )
    ),
    *(
        _spoilt(NAMED, rank, f"{column} = 'x'")
        for rank in (RULESET, TEMPLATE, CATEGORY, MEMBER)
        for own, column in (
            (RULESET, "ruleset_id"),
            (TEMPLATE, "template_id"),
            (CATEGORY, "product_category"),
            (MEMBER, "member_id"),
        )
        if own != rank
    ),
    _spoilt(NAMED, TEMPLATE, "segment_kind = 'model'", "model with ruleset null, template t2, category null"),
    _spoilt(NAMED, MEMBER, "segment_kind = null", "null with ruleset null"),
    *(
        _spoilt(COUNTED, RULESET, change, words)
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
    _spoilt(COUNTED, CATEGORY, "wasted_generation_count = -1", "0 of 2 affected"),
    *(
        _spoilt(SAVED, TEMPLATE, change, words)
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
    _spoilt(FALLING, CATEGORY, f"{SAVING}_mid = 1.000001", "1.000001 after 1.000000"),
    *(
        _spoilt(EVIDENCE, rank, change)
        for rank in (RULESET, TEMPLATE, CATEGORY, MEMBER)
        for change in (
            "generation_count = generation_count + 1",
            "wasted_generation_count = wasted_generation_count - 1",
            "credits = credits + 0.000001",
            "wasted_credits = wasted_credits - 0.000001",
        )
    ),
    _spoilt(
        EVIDENCE,
        RULESET,
        "generation_count = null",
        "1 of null generations and 1.250000 of 8.750000 credits wasted from 2026-01-01 on, "
        "in the facts 1 of 3 and 1.250000 of 8.750000",
    ),
    *(
        _spoilt(EVIDENCE, rank, f"{column} = 'x'")
        for rank, column in (
            (RULESET, "ruleset_id"),
            (TEMPLATE, "template_id"),
            (CATEGORY, "product_category"),
            (CATEGORY, "generation_type"),
            (MEMBER, "member_id"),
        )
    ),
    _spoilt(EVIDENCE, MEMBER, "evidence_from = '2026-01-02'"),
    _spoilt(EVIDENCE, MEMBER, "evidence_from = null"),
    _spoilt(EVIDENCE, MEMBER, "evidence_to = '2026-04-01'"),
    _spoilt(EVIDENCE, MEMBER, "evidence_to = '2026-03-30'"),
    _spoilt(EVIDENCE, MEMBER, "evidence_to = null"),
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


@pytest.mark.parametrize("spoilt", SUGGESTIONS, ids=[spoilt[0] for spoilt in SUGGESTIONS])
def test_spoilt_suggestions_are_named(spoilt: Spoilt, assert_named: Callable[..., None]) -> None:
    assert_named("waste", *spoilt)


def test_every_check_of_suggestions_has_a_batch_that_it_fails() -> None:
    checks = {check.name for gate in suggestions.GATES for check in gate.checks}
    assert checks == {spoilt[0] for spoilt in SUGGESTIONS}
