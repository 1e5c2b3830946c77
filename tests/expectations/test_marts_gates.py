"""Corrupted marts are reported by their gate: workspace, period and both numbers. What a first run passes."""

from collections.abc import Callable

import duckdb
import pytest

from expectations.runner import GateReport
from expectations.suites.by_layer import GATES

Corruption = tuple[
    str, str, str, tuple[str, ...]
]  # check, severity, what corrupts the batch, words of the message
CRITICAL, WARNING = "critical", "warning"

EXPECTED = "expected_pending_waste_credits"
LISTS = (
    *("credit_lots", "credit_balance_daily", "depletion_paths", "usage_spikes", "waste_suggestions"),
    *("ruleset_changes", "template_changes", "reconciliation", "purchases"),
)
BREAKDOWNS = ("usage_by_member", "usage_by_category", "usage_by_generation_type", "usage_by_team")

MARTS: list[Corruption] = [
    *(
        (
            f"{table}_credits_equal_the_summary",
            CRITICAL,
            f"update marts.{table} set credits = credits + 0.000001 where workspace_id = 'w2'",
            ("workspace w2, 30d", f"in {table}", "3.000000 in credit_summary"),
        )
        for table in BREAKDOWNS
    ),
    *(
        (
            f"{table}_shares_sum_to_1",
            CRITICAL,
            f"update marts.{table} set credit_share = credit_share - 1e-12 where workspace_id = 'w2'",
            ("workspace w2, 7d", "0.99999999999"),
        )
        for table in BREAKDOWNS
    ),
    *(
        (
            f"{table}_costs_equal_the_summary",
            CRITICAL,
            f"update marts.{table} set {change} where workspace_id = '{workspace}' and period = '7d'",
            (f"workspace {workspace}, 7d: ", words),
        )
        for table in BREAKDOWNS
        for workspace, change, words in (
            ("w1", "cost = null", "in credit_summary 0.937500000000000000 and 0.000000"),
            (
                "w2",
                "unpriced_credits = 0",
                "0.000000 credits without a price, in credit_summary null and 3.000000",
            ),
        )
    ),
    (
        "waste_by_reason_costs_equal_the_summary",
        CRITICAL,
        "update marts.waste_by_reason set cost = 0 where workspace_id = 'w1'",
        ("workspace w1, 30d: 0.000000000000000000", "in credit_summary 0.062500000000000000"),
    ),
    *(
        ("usage_daily_costs_what_its_lots_cost", CRITICAL, statement, (words,))
        for statement, words in (
            (
                "update marts.usage_daily set cost = cost + 0.000000000000000001 where credits = 10",
                "workspace w1: 0.937500000000000001 and 0.000000 credits without a price in usage_daily, "
                "0.937500000000000000 and 0.000000 of lot_draws",
            ),
            (
                "update marts.usage_daily set unpriced_credits = 0 where workspace_id = 'w2'",
                "workspace w2: 0.000000000000000000 and 0.000000 credits without a price in usage_daily, "
                "0.000000000000000000 and 3.000000 of lot_draws",
            ),
        )
    ),
    (
        "lot_draws_have_every_draw",
        CRITICAL,
        "delete from marts.lot_draws where usage_date = '2026-03-30'",
        ("workspace w1: 18.750000 drawn, 8.750000 in lot_draws",),
    ),
    (
        "all_that_is_charged_is_what_was_used",
        CRITICAL,
        "update marts.chargeback_monthly set credits = credits + 1 where workspace_id = 'w2'",
        (
            "workspace w2: 4.000000 credits charged, 3.000000 without a price, 3.000000 and 3.000000 in "
            "usage_daily",
        ),
    ),
    (
        "contributions_add_up_to_the_change",
        CRITICAL,
        "update marts.period_changes set contribution = 1 "
        "where workspace_id = 'w2' and scope = 'member' and period = '7d'",
        ("workspace w2, 7d, member: 3.000000 of 3.000000 credits, contributions 1.000000 of 3.000000",),
    ),
    (
        "unit_costs_have_all_credits",
        CRITICAL,
        "delete from marts.unit_costs where workspace_id = 'w2' and scope = 'member' and period = '7d'",
        ("workspace w2, 7d, member: 0.000000 of 3.000000 credits",),
    ),
    *(
        (
            "usage_by_tag_equals_the_summary",
            CRITICAL,
            f"{statement} where workspace_id = 'w2'{condition}",
            (f"workspace w2, 30d, tag team: {words}",),
        )
        for statement, condition, words in (
            (
                "update marts.usage_by_tag set credits = credits + 0.000001",
                " and tag_value = 'a'",
                "3.000001 credits, 0.000000 wasted, 1 generations; in credit_summary 3.000000, 0.000000, 1",
            ),
            ("delete from marts.usage_by_tag", "", "0.000000 credits"),
            ("delete from marts.usage_by_tag", " and tag_value = '(none)'", "1.800000 credits"),
            (
                "update marts.usage_by_tag set generation_count = 0",
                "",
                "3.000000 credits, 0.000000 wasted, 0",
            ),
            ("update marts.usage_by_tag set wasted_credits = 1", "", "3.000000 credits, 2.000000 wasted"),
        )
    ),
    (
        "usage_by_tag_shares_sum_to_1",
        CRITICAL,
        "update marts.usage_by_tag set credit_share = credit_share - 1e-12 where workspace_id = 'w2'",
        ("workspace w2, 7d, tag team: 0.99999999999",),
    ),
    *(
        (
            "the_forecast_says_what_the_summary_says",
            CRITICAL,
            f"update marts.depletion_forecast set {column} = 5 where workspace_id = 'w1'",
            (f"workspace w1, {period}", "18.750000 used, 81.250000 left"),
        )
        for column, period in (
            ("credits_remaining", "7d"),
            ("burn_rate_7d_credits", "7d"),
            ("burn_rate_30d_credits", "30d"),
            ("burn_rate_30d_days", "30d"),
        )
    ),
    (
        "every_workspace_has_every_period",
        CRITICAL,
        "delete from marts.credit_summary where workspace_id = 'w2' and period = '7d'",
        ("workspace w2, 7d: 0 rows",),
    ),
    (
        "summary_dispositions_add_up",
        CRITICAL,
        "update marts.credit_summary set pending_credits = 0 where workspace_id = 'w1' and period = '90d'",
        ("workspace w1, 90d", "0.000000 pending", "18.750000 in all"),
    ),
    *(
        (
            "summary_expects_no_more_waste_than_is_pending",
            CRITICAL,
            f"update marts.credit_summary set {change} where workspace_id = '{workspace}' and period = '7d'",
            (f"found 1 case: workspace {workspace}, 7d: {words}",),
        )
        for workspace, change, words in (
            ("w1", f"{EXPECTED}_low = -0.000001", "1.000000 (-0.000001 to 2.500000) of 2.500000 pending"),
            ("w1", f"{EXPECTED}_low = 1.000001", "1.000000 (1.000001 to 2.500000)"),
            ("w1", f"{EXPECTED}_high = 0.999999", "1.000000 (0.000000 to 0.999999)"),
            ("w1", f"{EXPECTED}_high = 2.500001", "1.000000 (0.000000 to 2.500001) of 2.500000 pending"),
            ("w1", f"{EXPECTED} = null", "null (0.000000 to 2.500000)"),
            ("w1", f"{EXPECTED}_high = null", "1.000000 (0.000000 to null)"),
            (
                "w2",
                f"{EXPECTED} = null, {EXPECTED}_low = null, {EXPECTED}_high = null",
                "null (null to null) of 0.000000 pending",
            ),
        )
    ),
    (
        "usage_daily_credits_equal_the_summary",
        CRITICAL,
        "update marts.usage_daily set usage_date = '2026-03-24' where usage_date = '2026-03-30'",
        ("workspace w1, 7d: 8.750000 in usage_daily, 18.750000 in credit_summary",),
    ),
    (
        "usage_daily_equals_the_facts",
        CRITICAL,
        "delete from facts.int_generations_classified where event_id = 'e1'",
        ("workspace w1: 4 generations and 18.750000 credits in usage_daily, 3 and 8.750000",),
    ),
    (
        "waste_by_reason_equals_the_summary",
        CRITICAL,
        "delete from marts.waste_by_reason where period = '7d'",
        ("workspace w1, 7d: 0.000000 in waste_by_reason, 1.250000",),
    ),
    *(
        (f"{table}_has_every_row", CRITICAL, statement.format(table=table), ("rows, expected",))
        for table in LISTS
        for statement in ("delete from marts.{table}", "insert into marts.{table} from marts.{table}")
    ),
    *(
        ("all_lines_and_credits_clear", CRITICAL, statement, (f"found 1 case: {words}",))
        for statement, words in (
            (
                "update raw.deliveries set quarantined_count = 0 where file_path = 'events/1.jsonl'",
                "9 accepted (42.750000 credits), 7 live (32.750000) and 1 repeated (10.000000)",
            ),
            (
                "update raw.deliveries set accepted_credits = 32.750001 where file_path = 'events/1.jsonl'",
                "8 accepted (42.750001 credits), 7 live (32.750000)",
            ),
            (
                "delete from staging.stg_repeated_deliveries",
                "8 accepted (42.750000 credits), 7 live (32.750000) and 0 repeated (0.000000)",
            ),
            (
                "delete from staging.stg_usage_by_batch",
                "8 accepted (42.750000 credits), 0 live (0.000000) and 1 repeated (10.000000)",
            ),
            (
                "delete from facts.int_generations_excluded where exclusion_reason = 'later'",
                "8 accepted (42.750000 credits), 7 live (32.750000) and 1 repeated (10.000000); "
                "1 retracted or later (4.000000), 5 in the facts (21.750000), 5 in the marts (21.750000)",
            ),
        )
    ),
    *(
        ("all_lines_and_credits_clear", CRITICAL, statement, (f"2 retracted or later (11.000000), {words}",))
        for statement, words in (
            (
                "delete from facts.fct_usage_by_day where workspace_id = 'w2'",
                "4 in the facts (18.750000), 5 in the marts (21.750000)",
            ),
            (
                "update marts.usage_daily set credits = 3.000001 where workspace_id = 'w2'",
                "5 in the facts (21.750000), 5 in the marts (21.750001)",
            ),
            (
                "update marts.usage_daily set generation_count = 2 where workspace_id = 'w2'",
                "5 in the facts (21.750000), 6 in the marts (21.750000)",
            ),
        )
    ),
    (
        "budget_status_has_every_open_budget",
        CRITICAL,
        "update marts.budget_status set is_open = false",
        ("0 rows, expected 1",),
    ),
    (
        "budgets_used_what_was_used",
        CRITICAL,
        "update marts.budget_status set used = used + 0.000001",
        ("workspace w1, budget b1 from 2026-03-01: 18.750001", "18.750000 in usage_daily"),
    ),
    (
        "budgets_name_what_is_used",
        WARNING,
        "update marts.budget_status set last_used_on = null",
        ("workspace w1, budget b1: nothing used by workspace (all)",),
    ),
    (
        "budgets_name_what_is_used",
        WARNING,
        "insert into staging.stg_budgets values ('w9', 'b2', 'team', 'Nobody', '2026-01-01', null, true)",
        ("workspace w9, budget b2: nothing used by team Nobody",),
    ),
    (
        "amount_budgets_count_every_credit",
        WARNING,
        "update marts.budget_status set unpriced_credits = 2",
        ("2.000000 credits without a price, 0.000000 of another currency",),
    ),
    (
        "amount_budgets_count_every_credit",
        WARNING,
        "update marts.budget_status set other_currency_credits = 3",
        ("0.000000 credits without a price, 3.000000 of another currency",),
    ),
    (
        "budgets_of_a_scope_do_not_overlap",
        WARNING,
        "insert into marts.budget_status select * replace ('b2' as budget_id) from marts.budget_status",
        ("workspace w1, workspace (all), month: budgets b1 and b2",),
    ),
    (
        "generation_details_cover_90_days",
        CRITICAL,
        "delete from marts.generation_details where workspace_id = 'w2'",
        ("workspace w2: 0 rows in generation_details, generation_count 1",),
    ),
]


@pytest.mark.parametrize("corruption", MARTS, ids=[corruption[0] for corruption in MARTS])
def test_corrupted_marts_are_reported(corruption: Corruption, assert_reported: Callable[..., None]) -> None:
    assert_reported("marts", *corruption)


def test_every_marts_check_is_failed_by_some_batch(assert_all_covered: Callable[..., None]) -> None:
    assert_all_covered("marts", [corruption[0] for corruption in MARTS])


def test_pending_credits_without_known_outcomes_need_no_expected_waste(
    change: Callable[[str], None], gate: Callable[[str], GateReport]
) -> None:
    change(
        f"update marts.credit_summary set {EXPECTED} = null, {EXPECTED}_low = null, {EXPECTED}_high = null "
        "where workspace_id = 'w1' and pending_credits > 0"
    )

    assert gate("marts").failed_critical == ()


@pytest.mark.parametrize("since_batch", [None, 0, 1, 2], ids="since_batch={}".format)
@pytest.mark.parametrize("layer", GATES)
def test_the_good_batch_passes_every_gate(
    layer: str, since_batch: int | None, gate: Callable[..., GateReport]
) -> None:
    report = gate(layer, since_batch=since_batch)

    assert [result.message for result in report.results if not result.passed] == []
    assert len(report.results) == sum(len(each.checks) for each in GATES[layer])


@pytest.mark.parametrize("layer", GATES)
def test_a_first_run_without_deliveries_fails_only_because_nothing_was_loaded(
    layer: str,
    change: Callable[[str], None],
    gate: Callable[[str], GateReport],
    good_warehouse: duckdb.DuckDBPyConnection,
) -> None:
    tables = good_warehouse.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_type = 'BASE TABLE'"
    ).fetchall()
    for (table,) in tables:
        if table != "waste.models":  # of nothing, too, a rule is registered
            change(f"delete from {table}")

    report = gate(layer)

    expected = ["something_was_loaded"] if layer == "raw" else []
    assert [result.check_name for result in report.failed_critical] == expected
    expected = ["usage_is_fresh"] if layer == "facts" else []
    assert [result.check_name for result in report.failed_warnings] == expected
