"""Corrupted probabilities and expected waste are reported: event or row, workspace and period."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from expectations.suites import waste

Corruption = tuple[
    str, str, str, tuple[str, ...]
]  # check, severity, what corrupts the batch, words of the message
CRITICAL, WARNING = "critical", "warning"

SCORED = "every_attempt_has_one_probability"
PROBABILITIES: list[Corruption] = [
    *(
        (SCORED, CRITICAL, statement, (f"found 1 case: {words}",))
        for statement, words in (
            (
                "delete from waste.probabilities where row_id = 2",
                "workspace w1, event e2, row 2: 0 found, expected 1",
            ),
            (
                "insert into waste.probabilities values (2, 0.5, 'boosting')",
                "workspace w1, event e2, row 2: 2 found, expected 1",
            ),
            (
                "insert into waste.probabilities values (4, 1, 'boosting')",  # it failed
                "workspace w1, event e4, row 4: 1 found, expected 0",
            ),
            (
                "insert into waste.probabilities values (99, 1, 'boosting')",
                "workspace null, event null, row 99: 1 found, expected 0",
            ),
            (
                "insert into waste.probabilities values (null, 1, 'boosting')",
                "workspace null, event null, row null: 1 found, expected 0",
            ),
            (
                "update facts.int_generations_classified set usage_date = '2025-12-31' where row_id = 7",
                "workspace w2, event e7, row 7: 1 found, expected 0",
            ),
        )
    ),
    *(
        (
            "probabilities_lie_between_0_and_1",
            CRITICAL,
            f"update waste.probabilities set {statement} where row_id = 2",
            (f"found 1 case: row 2: {words}",),
        )
        for statement, words in (
            ("waste_probability = -0.000001", "-0.000001 by boosting"),
            ("waste_probability = 1.000001", "1.000001 by boosting"),
            ("waste_probability = null", "null by boosting"),
            ("model_used = 'logistic'", "0.500000 by logistic"),
            ("model_used = null", "0.500000 by null"),
        )
    ),
    *(
        (
            "one_waste_model_is_in_use",
            CRITICAL,
            f"update waste.models set {statement}",
            (f"found 1 case: {words}",),
        )
        for statement, words in (
            ("promoted = false", "0 promoted, null to null"),
            ("promoted = null", "0 promoted, null to null"),
            ("promoted = true", "3 promoted, waste_boosting to waste_rule"),
            ("promoted = model = 'waste_logistic'", "1 promoted, waste_logistic to waste_logistic"),
            ("model = null where promoted", "1 promoted, null to null"),
        )
    ),
    (
        "one_waste_model_is_in_use",
        CRITICAL,
        "delete from waste.models",
        ("found 1 case: 0 promoted",),
    ),
    (
        "probabilities_come_from_the_promoted_model",
        CRITICAL,
        "update waste.models set promoted = model = 'waste_rule'",
        ("found 1 case: 4 probabilities by boosting",),
    ),
    *(
        (
            "probabilities_come_from_the_promoted_model",
            CRITICAL,
            f"update waste.probabilities set model_used = {name} where row_id > 2",
            (f"found 1 case: 2 probabilities by {word}",),
        )
        for name, word in (("'rule'", "rule"), ("null", "null"))
    ),
    (
        "the_stored_model_is_the_registered_one",
        WARNING,
        "update waste.models set refused = 'found f0…. The rule is used.' where promoted",
        (
            "found 1 case: waste_boosting a: found f0…. The rule is used instead. "
            "Delete models/waste_boosting-*.npz in the data directory; the next run trains it again.",
        ),
    ),
]


def _expected(check: str, change: str, words: str, *, period: str = "30d") -> Corruption:
    statement = f"update waste.pending_waste set {change} where period = '{period}'"
    return check, CRITICAL, statement, (f"found 1 case: workspace {words}",)


PENDING: list[Corruption] = [
    (
        "pending_waste_is_unique",
        CRITICAL,
        "insert into waste.pending_waste from waste.pending_waste where period = '7d'",
        ("found 1 case: workspace w1, 7d: 2 rows",),
    ),
    *(
        _expected("pending_waste_is_unique", change, words)
        for change, words in (
            ("workspace_id = null", "null, 30d: 1 rows"),
            ("period = null", "w1, null: 1 rows"),
        )
    ),
    *(
        _expected("pending_waste_ranges_hold_what_is_expected", change, f"w1, 30d: {words}")
        for change, words in (
            ("low_credits = -0.000001", "1.000000 expected, -0.000001 to 2.500000"),
            ("low_credits = 1.000001", "1.000000 expected, 1.000001 to 2.500000"),
            ("high_credits = 0.999999", "1.000000 expected, 0.000000 to 0.999999"),
            ("expected_credits = null", "null expected, 0.000000 to 2.500000"),
            ("low_credits = null", "1.000000 expected, null to 2.500000"),
            ("high_credits = null", "1.000000 expected, 0.000000 to null"),
        )
    ),
    *(
        _expected("pending_waste_is_at_most_what_is_pending", change, words)
        for change, words in (
            ("high_credits = 2.500003", "w1, 30d: up to 2.500003 of 2.500000 pending"),
            # used, but nothing of it is pending
            ("workspace_id = 'w2'", "w2, 30d: up to 2.500000 of 0.000000 pending"),
            ("workspace_id = 'w3'", "w3, 30d: up to 2.500000 of null pending"),
            ("period = '14d'", "w1, 14d: up to 2.500000 of null pending"),
            ("high_credits = null", "w1, 30d: up to null of 2.500000 pending"),
        )
    ),
    (
        "pending_waste_is_at_most_what_is_pending",
        CRITICAL,
        "update facts.fct_usage_daily set usage_date = '2026-03-24' where pending_credits > 0",
        ("found 1 case: workspace w1, 7d: up to 2.500000 of 0.000000 pending",),
    ),
    (
        "pending_waste_covers_all_that_is_pending",
        CRITICAL,
        "delete from waste.pending_waste where period = '30d'",
        ("found 1 case: workspace w1, 30d: 2.500000 pending, nothing expected",),
    ),
    (
        "pending_waste_covers_all_that_is_pending",
        CRITICAL,
        "update facts.fct_usage_daily set pending_product_credits = 3 where workspace_id = 'w2'",
        ("found 4 cases", "workspace w2, 7d: 3.000000 pending, nothing expected"),
    ),
]
CORRUPTIONS = [*PROBABILITIES, *PENDING]


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=[corruption[0] for corruption in CORRUPTIONS])
def test_corrupted_probabilities_and_expected_waste_are_reported(
    corruption: Corruption, assert_reported: Callable[..., None]
) -> None:
    assert_reported("waste", *corruption)


def test_every_check_of_the_classifier_is_failed_by_some_batch() -> None:
    assert {check.name for gate in waste.GATES for check in gate.checks} == {
        corruption[0] for corruption in CORRUPTIONS
    }


def test_before_any_outcome_is_known_no_waste_need_be_expected(
    change: Callable[[str], None], failed_check: Callable[..., object]
) -> None:
    change("delete from waste.pending_waste")

    assert failed_check("waste", "pending_waste_covers_all_that_is_pending") is None


def test_pending_content_of_0_credits_may_have_a_row_of_zeros(
    change: Callable[[str], None], failed_check: Callable[..., object]
) -> None:
    change("insert into waste.pending_waste values ('w2', '7d', 0, 0, 0)")

    assert failed_check("waste", "pending_waste_is_at_most_what_is_pending") is None


def test_an_old_attempt_needs_no_probability(
    change: Callable[[str], None], failed_check: Callable[..., object]
) -> None:
    change("""update facts.int_generations_classified set usage_date = '2025-12-31' where row_id = 7;
        delete from waste.probabilities where row_id = 7""")

    assert failed_check("waste", SCORED) is None
