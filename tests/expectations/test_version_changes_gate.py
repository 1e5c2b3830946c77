"""Corrupted version changes are reported by their gate: workspace, generation type, kind and new id."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from expectations.suites import version_changes

Corruption = tuple[
    str, str, str, tuple[str, ...]
]  # check, severity, what corrupts the batch, words of the message
CRITICAL = "critical"
RULESET = "workspace w1, description, ruleset r2: "
TEMPLATE = "workspace w1, description, template t2: "


def _corruption(check: str, change: str, *words: str, of: str = "ruleset") -> Corruption:
    return check, CRITICAL, f"update waste.version_changes set {change} where version_kind = '{of}'", words


CHANGES: list[Corruption] = [
    (
        "version_changes_are_unique",
        CRITICAL,
        "insert into waste.version_changes from waste.version_changes where version_kind = 'ruleset'",
        ("found 1 case: " + RULESET + "2 rows, previous r1",),
    ),
    *(
        _corruption("version_changes_are_unique", statement, "found 1 case", *words)
        for statement, *words in (
            ("previous_id = 'r2'", RULESET + "1 rows, previous r2"),
            ("previous_id = null", RULESET + "1 rows, previous null"),
            ("version_id = null", "ruleset null: 1 rows"),
            ("workspace_id = null", "workspace null"),
            ("generation_type = null", "workspace w1, null"),
            ("version_kind = 'model'", "model r2"),
            ("version_kind = null", "null r2"),
        )
    ),
    *(
        _corruption(
            "version_changes_are_of_the_last_90_days", f"changed_on = {day}", RULESET + f"changed on {word}"
        )
        for day, word in (
            ("'2026-04-01'", "2026-04-01"),
            ("'2025-12-31'", "2025-12-31"),
            ("null", "null"),
        )
    ),
    *(
        _corruption(
            "version_changes_have_attempts_on_both_sides",
            statement,
            "found 1 case: " + RULESET,
            "attempts before",
        )
        for side, attempts in (("before", 1), ("after", 2))
        for statement in (
            f"attempts_{side} = 0, regenerations_{side} = 0, first_pass_scored_{side} = 0",
            f"attempts_{side} = null",
            *(
                f"{count}_{side} = {value}"
                for count in ("regenerations", "first_pass_scored")
                for value in (-1, attempts + 1, "null")
            ),
        )
    ),
    *(
        _corruption("version_changes_have_exact_rates_and_differences", statement, "found 1 case: " + RULESET)
        for statement in (
            "regeneration_rate_before = 0.000001, regeneration_rate_difference = 0.499999",
            "regeneration_rate_after = 0.500001, regeneration_rate_difference = 0.500001",
            "regeneration_rate_after = null, regeneration_rate_difference = null",
            "regeneration_rate_difference = 0.500001",
            "regeneration_rate_difference = null",
            "first_pass_quality_score_difference = 0.100001",
            "first_pass_quality_score_difference = null",
            "first_pass_quality_score_before = null, first_pass_quality_score_difference = null",
            "first_pass_scored_after = 0",
        )
    ),
    _corruption(
        "version_changes_have_exact_rates_and_differences",
        "first_pass_quality_score_after = 0, first_pass_quality_score_difference = -0.7",
        TEMPLATE,
        of="template",
    ),
    *(
        _corruption("version_change_ranges_hold_their_differences", statement, "found 1 case: " + RULESET)
        for statement in (
            "regeneration_rate_difference_low = null",
            "regeneration_rate_difference_high = null",
            "regeneration_rate_difference_low = 0.500001",
            "regeneration_rate_difference_high = 0.499999",
            "regeneration_rate_difference_low = -1.000001",
            "regeneration_rate_difference_high = 1.000001",
            "regeneration_rate_difference_low = 0.5, regeneration_rate_difference_high = 0.5",
            "first_pass_quality_score_difference_low = null",
            "first_pass_quality_score_difference_high = null",
            "first_pass_quality_score_difference_low = 0.100001",
            "first_pass_quality_score_difference_high = 0.099999",
            "first_pass_quality_score_difference_low = -1.000001",
            "first_pass_quality_score_difference_high = 1.000001",
            "first_pass_quality_score_difference_low = 0.1, first_pass_quality_score_difference_high = 0.1",
        )
    ),
    _corruption(
        "version_change_ranges_hold_their_differences",
        "first_pass_quality_score_difference_low = -1, first_pass_quality_score_difference_high = 1",
        TEMPLATE,
        of="template",
    ),
    _corruption(
        "version_changes_count_the_attempts_of_the_facts",
        "attempts_after = 3",
        "found 1 case: " + RULESET + "3 attempts after, 2 in the facts",
    ),
    _corruption(
        "version_changes_count_the_attempts_of_the_facts",
        "attempts_before = null",
        "found 1 case: " + RULESET + "null attempts before, 1 in the facts",
    ),
    _corruption(
        "version_changes_count_the_attempts_of_the_facts",
        "changed_on = '2026-04-01'",
        "found 1 case: " + RULESET + "2 attempts after, 0 in the facts",
    ),
    _corruption(
        "version_changes_count_the_attempts_of_the_facts",
        "changed_on = '2026-03-01'",
        "found 2 cases",
        RULESET + "2 attempts after, 0 in the facts",
        RULESET + "1 attempts before, 0 in the facts",
    ),
    (
        "version_changes_count_the_attempts_of_the_facts",
        CRITICAL,
        "update facts.int_generations_classified set template_id = null where event_id = 'e2'",
        ("found 1 case: " + TEMPLATE + "2 attempts after, 1 in the facts",),
    ),
    (
        "version_changes_count_the_attempts_of_the_facts",
        CRITICAL,
        "update facts.int_generations_classified set usage_date = '2026-02-28' where event_id = 'e1'",
        ("found 2 cases", RULESET + "1 attempts before, 0 in the facts"),
    ),
]


@pytest.mark.parametrize("corruption", CHANGES, ids=[corruption[0] for corruption in CHANGES])
def test_corrupted_version_changes_are_reported(
    corruption: Corruption, assert_reported: Callable[..., None]
) -> None:
    assert_reported("waste", *corruption)


def test_every_check_of_version_changes_is_failed_by_some_batch() -> None:
    checks = {check.name for gate in version_changes.GATES for check in gate.checks}
    assert checks == {corruption[0] for corruption in CHANGES}
