"""Every gate passes the good batch and stops, or reports, the batch that was spoilt for it."""

from collections.abc import Callable
from itertools import chain

import duckdb
import pytest

from expectations import GATES, GateReport

Gate = Callable[..., GateReport]

FEEDS = {
    "generation_events": ("event_id", "events/1.jsonl"),
    "content_outcomes": ("outcome_id", "outcomes/1.jsonl"),
    "event_retractions": ("retraction_id", "retractions/1.jsonl"),
    "credit_entries": ("entry_id", "entries/1.jsonl"),
    "workspaces": ("workspace_id", "workspaces/1.csv"),
    "members": ("member_id", "members/1.csv"),
    "products": ("product_id", "products/1.csv"),
    "credit_packs": ("pack_id", "packs/1.csv"),
}
KEYED = ("generation_events", "content_outcomes", "event_retractions", "credit_entries")
BREAKDOWNS = ("usage_by_member", "usage_by_category", "usage_by_generation_type")

# layer, check, what spoils the batch, words the message must have
Spoilt = tuple[str, str, str, tuple[str, ...]]


def _spoilt_feeds() -> list[Spoilt]:
    spoilt: list[Spoilt] = []
    for feed, (key, file) in FEEDS.items():
        lost = f"delete from raw.{feed} where batch_id = 1 and line_number = 1"
        spoilt.append(("raw", f"{feed}_rows_equal_the_manifest", lost, (file, "batch 1")))
        unfilled = f"update raw.{feed} set {key} = null where batch_id = 1 and line_number = 1"
        spoilt.append(("raw", f"{feed}_keys_are_filled", unfilled, (f"line 1 of file {file}",)))
    for feed in ("generation_events", "credit_entries", "credit_packs"):
        changed = f"update raw.{feed} set credits = credits + 0.000001 where batch_id = 1 and line_number = 1"
        spoilt.append(("raw", f"{feed}_credits_equal_the_manifest", changed, (FEEDS[feed][1], "000001")))
    for feed in KEYED:
        key = FEEDS[feed][0]
        lost = f"delete from staging.stg_{feed} where {key} not in ('e1')"
        spoilt.append(("staging", f"{feed}_rows_add_up", lost, ("accepted rows", "live")))
        twice = f"insert into staging.stg_{feed} select * from staging.stg_{feed}"
        spoilt.append(("staging", f"{feed}_keys_are_unique", twice, ("in 2 rows",)))
    for feed in ("generation_events", "credit_entries"):
        changed = f"update staging.stg_{feed} set credits = credits + 0.000001"
        spoilt.append(("staging", f"{feed}_credits_add_up", changed, ("accepted credits", "live")))
    return spoilt


RAW: list[Spoilt] = [
    (
        "raw",
        "generation_events_credits_are_not_negative",
        "update raw.generation_events set credits = -0.000001 where event_id = 'e7'",
        ("native e7", "w2", "-0.000001"),
    ),
    (
        "raw",
        "lines_are_accepted_or_quarantined",
        "update raw.deliveries set line_count = 9 where file_path = 'events/1.jsonl'",
        ("events/1.jsonl", "9 lines, 7 accepted, 1 quarantined"),
    ),
    (
        "raw",
        "quarantined_lines_are_kept",
        "delete from raw.quarantine",
        ("events/1.jsonl", "1 lines quarantined, 0 in raw.quarantine"),
    ),
    (
        "raw",
        "no_file_comes_again_with_other_bytes",
        "update raw.deliveries set replaces_earlier = true where batch_id = 2 and status = 'loaded'",
        ("events/2.jsonl",),
    ),
    (
        "raw",
        "no_file_is_rejected",
        """insert into raw.deliveries values
        (2, 'members', 'm.csv', 'rejected', 0, 0, 0, null, null, false, 'the gzip is cut short')""",
        ("m.csv: the gzip is cut short",),
    ),
    (
        "raw",
        "no_unknown_column_arrives",
        """update raw.deliveries set unknown_columns = '["colour"]' where batch_id = 2 and status = 'loaded'""",
        ("generation_events", '["colour"]', "events/2.jsonl"),
    ),
    (
        "raw",
        "at_most_1_percent_of_lines_are_rejected",
        """insert into raw.deliveries values
            (3, 'members', 'm.csv', 'loaded', 299, 296, 3, null, null, false, null);
        insert into raw.quarantine values
            (3, 'members', 'm.csv', 1, 'utf8', 'the line is not UTF-8'),
            (3, 'members', 'm.csv', 2, 'required', 'member_id is missing'),
            (3, 'members', 'm.csv', 3, 'required', 'member_id is missing')""",
        ("members: 3 of 299 lines", "most often required (member_id is missing)"),
    ),
]

STAGING: list[Spoilt] = [
    (
        "staging",
        "no_key_has_two_contents",
        "insert into staging.stg_conflicts values ('members', 'native', 'e9', 2, 'late.jsonl', 4, 1, 6)",
        ("native e9", "line 4 of file late.jsonl"),
    ),
]

FACTS: list[Spoilt] = [
    (
        "facts",
        "staged_generations_are_reported_retracted_or_later",
        "delete from facts.fct_generations where event_id = 'e7'",
        ("workspace w2", "1 staged generations (3.000000 credits)", "1 later", "0 reported"),
    ),
    (
        "facts",
        "generations_have_one_disposition",
        "update facts.fct_generations set waste_reason = null where event_id = 'e4'",
        ("event native e4", "w1", "wasted"),
    ),
    (
        "facts",
        "attempts_are_numbered_without_holes",
        "update facts.fct_generations set attempt_number = 3 where event_id = 'e3'",
        ("episode y-1", "2 attempts numbered 1 to 3"),
    ),
    (
        "facts",
        "no_single_charge_is_implausible",
        "update facts.fct_generations set credits = 5000 where event_id = 'e2'",
        ("event native e2", "5000.000000 credits", "w1", "2026-03-31", "P99"),
    ),
    (
        "facts",
        "dispositions_add_up_to_consumed_credits",
        "update facts.fct_usage_daily set pending_credits = 2.499999 where pending_credits > 0",
        ("workspace w1 on 2026-03-31", "8.750000 consumed", "8.749999 over"),
    ),
    (
        "facts",
        "the_newest_day_has_its_usual_volume",
        """insert into facts.fct_usage_daily
        select 'w1', date '2026-03-31' - cast(day as integer), 0, 30, 0, 0, 0, 0, 0 from range(1, 29) as days(day)""",
        ("4 generations on 2026-03-31", "28 days", "30"),
    ),
    (
        "facts",
        "usage_is_fresh",
        "update facts.fct_usage_daily set usage_date = '2026-03-28'",
        ("2026-03-28",),
    ),
]

LEDGER: list[Spoilt] = [
    (
        "ledger",
        "lot_residuals_are_zero",
        "update facts.fct_credit_lots set residual = 0.000001",
        ("workspace w1, lot lot1", "residual 0.000001"),
    ),
    (
        "ledger",
        "lots_reconcile",
        "update facts.fct_credit_lots set expired = 1",
        ("lot1", "expired 1.000000"),
    ),
    (
        "ledger",
        "no_lot_is_negative",
        "update facts.fct_credit_lots set remaining = -1",
        ("lot1", "-1.000000"),
    ),
    (
        "ledger",
        "balance_residuals_are_zero",
        "update facts.fct_credit_balance_daily set residual = null where usage_date = '2026-03-30'",
        ("w1 on 2026-03-30", "residual null"),
    ),
    (
        "ledger",
        "usage_is_consumed_or_overage",
        "delete from facts.fct_credit_balance_daily where usage_date = '2026-03-30'",
        ("w1 on 2026-03-30: 10.000000 used, 0.000000 consumed",),
    ),
    (
        "ledger",
        "lots_and_days_consume_the_same",
        "update facts.fct_credit_lots set consumed = 18.749999",
        ("workspace w1: 18.749999 from lots, 18.750000 over the days",),
    ),
    (
        "ledger",
        "reductions_take_effect_in_full",
        "insert into facts.fct_ledger_warnings values ('w1', 'c9', 'unknown_lot', 40)",
        ("entry c9 of workspace w1: unknown_lot, 40.000000",),
    ),
]

FORECAST: list[Spoilt] = [
    (
        "forecast",
        "every_workspace_has_one_forecast",
        "delete from forecast.credit_depletion where workspace_id = 'w2'",
        ("workspace w2: 0 rows",),
    ),
    (
        "forecast",
        "forecast_status_is_known",
        "update forecast.credit_depletion set forecast_status = 'fine' where workspace_id = 'w2'",
        ("workspace w2: status fine",),
    ),
    (
        "forecast",
        "pace_date_stands_beside_its_statuses_only",
        "update forecast.credit_depletion set pace_date = '2026-05-01' where workspace_id = 'w2'",
        ("w2: status no_ledger, pace date 2026-05-01",),
    ),
    (
        "forecast",
        "pace_date_lies_within_365_days",
        "update forecast.credit_depletion set pace_date = '2027-04-01' where workspace_id = 'w1'",
        ("pace date 2027-04-01",),
    ),
    (
        "forecast",
        "burn_rates_are_not_negative",
        "update forecast.credit_depletion set burn_rate_7d_credits = -1 where workspace_id = 'w1'",
        ("workspace w1", "-1.000000 in 2 days"),
    ),
]

MARTS: list[Spoilt] = [
    *(
        (
            "marts",
            f"{table}_credits_equal_the_summary",
            f"update marts.{table} set credits = credits + 0.000001 where workspace_id = 'w2' and period = '30d'",
            ("workspace w2, 30d", f"in {table}", "3.000000 in credit_summary"),
        )
        for table in BREAKDOWNS
    ),
    *(
        (
            "marts",
            f"{table}_shares_sum_to_1",
            f"update marts.{table} set credit_share = credit_share - 0.000000000001 where workspace_id = 'w2'",
            ("workspace w2, 7d", "0.99999999999"),
        )
        for table in BREAKDOWNS
    ),
    (
        "marts",
        "every_workspace_has_every_period",
        "delete from marts.credit_summary where workspace_id = 'w2' and period = '7d'",
        ("workspace w2, 7d: 0 rows",),
    ),
    (
        "marts",
        "summary_dispositions_add_up",
        "update marts.credit_summary set pending_credits = 0 where workspace_id = 'w1' and period = '90d'",
        ("workspace w1, 90d", "0.000000 pending", "18.750000 in all"),
    ),
    (
        "marts",
        "usage_daily_credits_equal_the_summary",
        "update marts.usage_daily set usage_date = '2026-03-24' where usage_date = '2026-03-30'",
        ("workspace w1, 7d: 8.750000 in usage_daily, 18.750000 in credit_summary",),
    ),
    (
        "marts",
        "usage_daily_equals_the_facts",
        "delete from facts.fct_generations where event_id = 'e1'",
        ("workspace w1: 4 generations and 18.750000 credits in usage_daily, 3 and 8.750000",),
    ),
    (
        "marts",
        "waste_by_reason_equals_the_summary",
        "delete from marts.waste_by_reason where period = '7d'",
        ("workspace w1, 7d: 0.000000 in waste_by_reason, 1.250000",),
    ),
    (
        "marts",
        "generation_details_cover_90_days",
        "delete from marts.generation_details where workspace_id = 'w2'",
        ("workspace w2: 0 rows in generation_details, generation_count 1",),
    ),
]

WARNINGS = {
    "no_file_comes_again_with_other_bytes",
    "no_file_is_rejected",
    "no_unknown_column_arrives",
    "at_most_1_percent_of_lines_are_rejected",
    "no_key_has_two_contents",
    "no_single_charge_is_implausible",
    "the_newest_day_has_its_usual_volume",
    "usage_is_fresh",
    "reductions_take_effect_in_full",
}
SPOILT = [*_spoilt_feeds(), *RAW, *STAGING, *FACTS, *LEDGER, *FORECAST, *MARTS]


@pytest.mark.parametrize("layer", GATES)
def test_the_good_batch_passes_every_gate(layer: str, gate: Gate) -> None:
    report = gate(layer)

    assert [result.message for result in report.results if not result.passed] == []
    assert len(report.results) == sum(len(each.checks) for each in GATES[layer])


@pytest.mark.parametrize(("layer", "check", "spoil", "words"), SPOILT, ids=[each[1] for each in SPOILT])
def test_a_spoilt_batch_is_named_by_its_gate(
    layer: str,
    check: str,
    spoil: str,
    words: tuple[str, ...],
    gate: Gate,
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for statement in spoil.split(";\n"):
        warehouse.execute(statement).fetchall()

    report = gate(layer)

    failed = {result.check_name: result for result in chain(report.failed_critical, report.failed_warnings)}
    assert check in failed
    assert failed[check].severity == ("warning" if check in WARNINGS else "critical")
    assert [word for word in words if word not in failed[check].message] == []
    if check in WARNINGS and check != "no_key_has_two_contents":
        unrelated = {
            "staged_generations_are_reported_retracted_or_later",
            "dispositions_add_up_to_consumed_credits",
        }
        assert {result.check_name for result in report.failed_critical} <= unrelated


def test_every_check_has_a_batch_that_it_fails() -> None:
    declared = [
        (layer, check.name) for layer, gates in GATES.items() for gate in gates for check in gate.checks
    ]

    assert sorted(declared) == sorted((layer, name) for layer, name, _, _ in SPOILT)


def test_a_check_name_is_unique_in_its_layer_and_says_why_it_exists() -> None:
    for gates in GATES.values():
        checks = [check for gate in gates for check in gate.checks]
        assert len({check.name for check in checks}) == len(checks)
        assert all(check.why and check.remedy and check.rule for check in checks)


def test_a_conflict_that_adds_up_is_only_a_warning(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    for statement in (
        """insert into raw.generation_events
        select source, event_id, occurred_at, workspace_id, member_id, product_id, generation_type, status, 6, 2,
            'events/2.jsonl', 2, 'h-other'
        from raw.generation_events where event_id = 'e2'""",
        """update staging.stg_generation_events set delivery_count = 2, conflict_count = 1
        where event_id = 'e2'""",
        """insert into staging.stg_conflicts
        values ('generation_events', 'native', 'e2', 2, 'events/2.jsonl', 2, 1, 6)""",
    ):
        warehouse.execute(statement).fetchall()

    report = gate("staging")

    assert report.failed_critical == ()
    assert [result.check_name for result in report.failed_warnings] == ["no_key_has_two_contents"]


def test_a_rejected_file_needs_no_line_in_quarantine(
    gate: Gate, warehouse: duckdb.DuckDBPyConnection
) -> None:
    warehouse.execute(
        """insert into raw.deliveries values
        (2, 'members', 'm.csv', 'rejected', 40, 0, 40, null, null, false, 'no row has member_id')"""
    ).fetchall()
    warehouse.execute(
        "insert into raw.quarantine values (2, 'members', 'm.csv', null, 'file.missing_column', 'no row has member_id')"
    ).fetchall()

    assert gate("raw").failed_critical == ()


@pytest.mark.parametrize("layer", GATES)
def test_a_first_night_with_nothing_delivered_passes_all_critical_gates(
    layer: str, gate: Gate, warehouse: duckdb.DuckDBPyConnection
) -> None:
    tables = warehouse.execute(
        "select table_schema || '.' || table_name from information_schema.tables where table_catalog = 'memory'"
    ).fetchall()
    for (table,) in tables:
        warehouse.execute(f"delete from {table}").fetchall()

    report = gate(layer)

    assert report.failed_critical == ()
    expected = ["usage_is_fresh"] if layer == "facts" else []
    assert [result.check_name for result in report.failed_warnings] == expected
