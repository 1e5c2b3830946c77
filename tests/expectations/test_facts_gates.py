"""Spoilt facts, ledger or forecast are named by their gate: event, episode, lot, day or workspace."""

from collections.abc import Callable

import pytest

from expectations import GateReport

Spoilt = tuple[str, str, str, tuple[str, ...]]  # check, severity, what spoils the batch, words of the message
CRITICAL, WARNING = "critical", "warning"

FACTS: list[Spoilt] = [
    (
        "staged_generations_are_reported_retracted_or_later",
        CRITICAL,
        "delete from facts.fct_usage_cells where workspace_id = 'w2'",
        (
            "workspace w2: 2 staged generations (10.000000 credits), "
            "1 retracted or later (7.000000 credits), 0 reported (0.000000 credits)",
        ),
    ),
    (
        "staged_generations_are_reported_retracted_or_later",
        CRITICAL,
        "delete from facts.fct_withheld_generations where row_id = 5",
        ("workspace w1: 5 staged", "0 retracted or later (0.000000 credits)", "4 reported"),
    ),
    (
        "staged_generations_are_reported_retracted_or_later",
        CRITICAL,
        "insert into facts.fct_withheld_generations values (7, 'w2', 3)",
        ("workspace w2: 2 staged", "2 retracted or later (10.000000 credits), 1 reported"),
    ),
    (
        "staged_generations_are_reported_retracted_or_later",
        CRITICAL,
        "update staging.stg_usage_by_batch set credits = credits + 0.000001 where workspace_id = 'w1'",
        ("workspace w1: 5 staged generations (22.750001 credits)",),
    ),
    (
        "staged_generations_are_reported_retracted_or_later",
        CRITICAL,
        "update facts.fct_usage_cells set generation_count = 0 where workspace_id = 'w2'",
        ("workspace w2: 2 staged", "0 reported (3.000000 credits)"),
    ),
    (
        "generations_have_one_disposition",
        CRITICAL,
        "update facts.fct_generations set waste_reason = null where event_id = 'e4'",
        ("event native e4", "w1", "wasted"),
    ),
    (
        "no_single_charge_is_implausible",
        WARNING,
        """insert into facts.fct_implausible_charges values
            ('native', 'old', 'w1', '2025-12-31', 10000, 10),
            ('native', 'e2', 'w1', '2026-01-01', 10000, 10)""",
        ("found 1 case: event native e2: 10000.000000 credits in workspace w1 on 2026-01-01", "is 10.000000"),
    ),
    (
        "dispositions_add_up_to_consumed_credits",
        CRITICAL,
        "update facts.fct_usage_daily set pending_credits = 2.499999 where pending_credits > 0",
        ("workspace w1 on 2026-03-31", "8.750000 consumed", "8.749999 over"),
    ),
    (
        "dispositions_add_up_to_consumed_credits",
        CRITICAL,
        "delete from facts.fct_judged_generations where event_id = 'e7'",
        ("workspace w2 on 2026-03-31: 0.000000 consumed, 3.000000 in fct_usage_daily",),
    ),
    (
        "dispositions_add_up_to_consumed_credits",
        CRITICAL,
        "update facts.fct_usage_daily set credits = 3.000001 where workspace_id = 'w2'",
        ("workspace w2 on 2026-03-31: 3.000000 consumed, 3.000001 in fct_usage_daily",),
    ),
    (
        "the_newest_day_has_its_usual_volume",
        WARNING,
        """insert into facts.fct_usage_daily
        select 'w1', date '2026-03-31' - cast(day as integer), 0, 30, 0, 0, 0, 0, 0
        from range(1, 29) as days(day)""",
        ("4 generations on 2026-03-31", "28 days", "30"),
    ),
    (
        "usage_is_fresh",
        WARNING,
        "update facts.fct_usage_daily set usage_date = '2026-03-28'",
        ("2026-03-28",),
    ),
]

OF_WHAT_IS_JUDGED_OR_SUMMED = (
    "generations_have_one_disposition",
    "dispositions_add_up_to_consumed_credits",
)
FACTS_ONCE = [spoilt for spoilt in FACTS if spoilt[0] in OF_WHAT_IS_JUDGED_OR_SUMMED]
FACTS_ALWAYS = [spoilt for spoilt in FACTS if spoilt[0] not in OF_WHAT_IS_JUDGED_OR_SUMMED]

LEDGER: list[Spoilt] = [
    (
        "lot_residuals_are_zero",
        CRITICAL,
        "update facts.fct_credit_lots set residual = 0.000001",
        ("workspace w1, lot lot1", "residual 0.000001"),
    ),
    (
        "lots_reconcile",
        CRITICAL,
        "update facts.fct_credit_lots set expired = 1",
        ("lot1", "expired 1.000000"),
    ),
    (
        "no_lot_is_negative",
        CRITICAL,
        "update facts.fct_credit_lots set remaining = -1",
        ("lot1", "-1.000000"),
    ),
    (
        "balance_residuals_are_zero",
        CRITICAL,
        "update facts.fct_credit_balance_daily set residual = null where usage_date = '2026-03-30'",
        ("w1 on 2026-03-30", "residual null"),
    ),
    (
        "usage_is_consumed_or_overage",
        CRITICAL,
        "delete from facts.fct_credit_balance_daily where usage_date = '2026-03-30'",
        ("w1 on 2026-03-30: 10.000000 used, 0.000000 consumed",),
    ),
    (
        "lots_and_days_consume_the_same",
        CRITICAL,
        "update facts.fct_credit_lots set consumed = 18.749999",
        ("workspace w1: 18.749999 from lots, 18.750000 over the days",),
    ),
    (
        "reductions_take_effect_in_full",
        WARNING,
        "insert into facts.fct_ledger_warnings values ('w1', 'c9', 'unknown_lot', 40)",
        ("entry c9 of workspace w1: unknown_lot, 40.000000",),
    ),
]

FORECAST: list[Spoilt] = [
    (
        "every_workspace_has_one_forecast",
        CRITICAL,
        "delete from forecast.credit_depletion where workspace_id = 'w2'",
        ("workspace w2: 0 rows",),
    ),
    (
        "forecast_status_is_known",
        CRITICAL,
        "update forecast.credit_depletion set forecast_status = 'fine' where workspace_id = 'w2'",
        ("workspace w2: status fine",),
    ),
    (
        "pace_date_stands_beside_its_statuses_only",
        CRITICAL,
        "update forecast.credit_depletion set pace_date = '2026-05-01' where workspace_id = 'w2'",
        ("w2: status no_ledger, pace date 2026-05-01",),
    ),
    (
        "pace_date_lies_within_365_days",
        CRITICAL,
        "update forecast.credit_depletion set pace_date = '2027-04-01' where workspace_id = 'w1'",
        ("pace date 2027-04-01",),
    ),
    (
        "burn_rates_are_not_negative",
        CRITICAL,
        "update forecast.credit_depletion set burn_rate_7d_credits = -1 where workspace_id = 'w1'",
        ("workspace w1", "-1.000000 in 2 days"),
    ),
    (
        "date_quantiles_are_in_order",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p025 = '2026-04-04' where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_are_in_order",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p5 = '2026-04-04' where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_are_in_order",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p50 = '2026-05-02' where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_are_in_order",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p90 = null, depletes_on_p975 = '2026-06-01'",
        ("workspace w1: status ok",),
    ),
    (
        "date_quantiles_stand_beside_ok_only",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p50 = null, depletes_on_p90 = null",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_stand_beside_ok_only",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p90 = '2027-04-01' where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_stand_beside_ok_only",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p025 = '2026-03-31' where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_stand_beside_ok_only",
        CRITICAL,
        "update forecast.credit_depletion set buy_by = null where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_stand_beside_ok_only",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p975 = '2026-05-01' where workspace_id = 'w2'",
        ("found 1 case: workspace w2",),
    ),
    (
        "date_quantiles_stand_beside_ok_only",
        CRITICAL,
        "update forecast.credit_depletion set buy_by = '2026-05-01' where workspace_id = 'w2'",
        ("found 1 case: workspace w2",),
    ),
    (
        "nothing_negative_is_to_be_bought",
        CRITICAL,
        "update forecast.credit_depletion set credits_to_buy = -1 where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "nothing_negative_is_to_be_bought",
        CRITICAL,
        "update forecast.credit_depletion set chance_empty_before_grant = 1.01 where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "nothing_negative_is_to_be_bought",
        CRITICAL,
        "update forecast.credit_depletion set next_grant_on = null where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "paths_start_at_what_is_left",
        CRITICAL,
        "update forecast.depletion_paths set balance_p10 = 81 where forecast_date = '2026-03-31'",
        ("workspace w1, ok: 81.250000 left",),
    ),
    (
        "paths_start_at_what_is_left",
        CRITICAL,
        "delete from forecast.depletion_paths where forecast_date = '2026-03-31'",
        ("workspace w1, ok",),
    ),
    (
        "paths_start_at_what_is_left",
        CRITICAL,
        "insert into forecast.depletion_paths values ('w2', '2026-03-31', 1, 1, 1, 1, 1)",
        ("workspace w2, no_ledger",),
    ),
    (
        "path_quantiles_are_in_order",
        CRITICAL,
        "update forecast.depletion_paths set balance_p10 = -1 where forecast_date = '2026-04-01'",
        ("found 1 case: workspace w1",),
    ),
    (
        "path_quantiles_are_in_order",
        CRITICAL,
        "update forecast.depletion_paths set balance_p75 = 69 where forecast_date = '2026-04-01'",
        ("found 1 case: workspace w1",),
    ),
    (
        "path_quantiles_are_in_order",
        CRITICAL,
        "update forecast.depletion_paths set balance_p90 = null where forecast_date = '2026-04-01'",
        ("found 1 case: workspace w1",),
    ),
    (
        "path_quantiles_are_in_order",
        CRITICAL,
        "update forecast.depletion_paths set forecast_date = '2026-09-28' where forecast_date = '2026-04-01'",
        ("found 1 case: workspace w1",),
    ),
    (
        "path_quantiles_are_in_order",
        CRITICAL,
        "update forecast.depletion_paths set forecast_date = '2026-03-30' where forecast_date = '2026-04-01'",
        ("found 1 case: workspace w1",),
    ),
    (
        "scores_are_of_past_days_and_fit_their_dates",
        CRITICAL,
        "update forecast.forecast_scores set as_of = '2026-03-18'",
        ("found 1 case: workspace w1, replayed forecast",),
    ),
    (
        "scores_are_of_past_days_and_fit_their_dates",
        CRITICAL,
        "update forecast.forecast_scores set error_days = 3",
        ("found 1 case: workspace w1, replayed forecast",),
    ),
    (
        "scores_are_of_past_days_and_fit_their_dates",
        CRITICAL,
        "update forecast.forecast_scores set pace_error_days = null",
        ("found 1 case: workspace w1, replayed forecast",),
    ),
    (
        "scores_are_of_past_days_and_fit_their_dates",
        CRITICAL,
        "update forecast.forecast_scores set true_days = 15",
        ("found 1 case: workspace w1, replayed forecast",),
    ),
    (
        "scores_are_of_past_days_and_fit_their_dates",
        CRITICAL,
        "update forecast.forecast_scores set is_covered_95 = false",
        ("found 1 case: workspace w1, replayed forecast",),
    ),
    (
        "scores_are_of_past_days_and_fit_their_dates",
        CRITICAL,
        "update forecast.forecast_scores set is_covered_80 = null",
        ("found 1 case: workspace w1, replayed forecast",),
    ),
    (
        "one_calibration_is_in_use",
        CRITICAL,
        "update forecast.models set promoted = true",
        ("promoted versions",),
    ),
    (
        "one_calibration_is_in_use",
        CRITICAL,
        "update forecast.models set promoted = false",
        ("promoted versions",),
    ),
    (
        "one_calibration_is_in_use",
        CRITICAL,
        "delete from forecast.models",
        ("null promoted versions",),
    ),
]

SPIKES: list[Spoilt] = [
    (
        "spikes_are_told_once",
        CRITICAL,
        "insert into forecast.usage_spikes from forecast.usage_spikes where scope = 'day'",
        ("workspace w1 on 2026-03-31, scope day: 2 rows",),
    ),
    (
        "spikes_are_told_once",
        CRITICAL,
        "update forecast.usage_spikes set scope = null where scope = 'event'",
        ("scope null: 1 rows",),
    ),
    (
        "spikes_are_told_once",
        CRITICAL,
        "update forecast.usage_spikes set scope = 'hour' where scope = 'event'",
        ("scope hour: 1 rows",),
    ),
    *(
        (
            "spikes_are_of_the_last_90_days",
            CRITICAL,
            f"update forecast.usage_spikes set usage_date = '{day}' where scope = 'event'",
            (f"workspace w1 on {day}, scope event: 5.000000 credits",),
        )
        for day in ("2026-04-01", "2025-12-31")
    ),
    *(
        (
            "spikes_are_above_their_usual",
            CRITICAL,
            f"update forecast.usage_spikes set {spoil} where scope = 'event'",
            ("found 1 case", "scope event"),
        )
        for spoil in ("usual = 5", "usual = null", "usual = -1", "cause = ''", "cause = null")
    ),
    (
        "day_spikes_equal_the_usage_of_their_day",
        CRITICAL,
        "update forecast.usage_spikes set credits = credits + 0.000001",
        ("found 1 case: workspace w1 on 2026-03-31: 8.750001 credits in the spike, 8.750000 used",),
    ),
    (
        "day_spikes_equal_the_usage_of_their_day",
        CRITICAL,
        "delete from facts.fct_usage_days",
        ("8.750000 credits in the spike, null used",),
    ),
]


@pytest.mark.parametrize("spoilt", FACTS, ids=[spoilt[0] for spoilt in FACTS])
def test_spoilt_facts_are_named(spoilt: Spoilt, assert_named: Callable[..., None]) -> None:
    assert_named("facts", *spoilt)


@pytest.mark.parametrize("spoilt", FACTS_ONCE, ids=[spoilt[0] for spoilt in FACTS_ONCE])
def test_facts_of_earlier_runs_are_looked_at_once(
    spoilt: Spoilt, assert_looked_at_once: Callable[..., None]
) -> None:
    assert_looked_at_once("facts", *spoilt)


@pytest.mark.parametrize("spoilt", FACTS_ALWAYS, ids=[spoilt[0] for spoilt in FACTS_ALWAYS])
def test_sums_over_all_facts_are_always_looked_at(
    spoilt: Spoilt, assert_always_looked_at: Callable[..., None]
) -> None:
    assert_always_looked_at("facts", *spoilt)


def test_every_facts_check_has_a_batch_that_it_fails(assert_all_spoilt: Callable[..., None]) -> None:
    assert_all_spoilt("facts", [spoilt[0] for spoilt in FACTS])


@pytest.mark.parametrize("spoilt", LEDGER, ids=[spoilt[0] for spoilt in LEDGER])
def test_a_spoilt_ledger_is_named(spoilt: Spoilt, assert_named: Callable[..., None]) -> None:
    assert_named("ledger", *spoilt)


def test_every_ledger_check_has_a_batch_that_it_fails(assert_all_spoilt: Callable[..., None]) -> None:
    assert_all_spoilt("ledger", [spoilt[0] for spoilt in LEDGER])


@pytest.mark.parametrize("spoilt", FORECAST, ids=[spoilt[0] for spoilt in FORECAST])
def test_a_spoilt_forecast_is_named(spoilt: Spoilt, assert_named: Callable[..., None]) -> None:
    assert_named("forecast", *spoilt)


def test_every_forecast_check_has_a_batch_that_it_fails(assert_all_spoilt: Callable[..., None]) -> None:
    assert_all_spoilt("forecast", [spoilt[0] for spoilt in [*FORECAST, *SPIKES]])


@pytest.mark.parametrize("spoilt", SPIKES, ids=[spoilt[0] for spoilt in SPIKES])
def test_spoilt_spikes_are_named(spoilt: Spoilt, assert_named: Callable[..., None]) -> None:
    assert_named("forecast", *spoilt)


def _failed(report: GateReport) -> list[str]:
    return [result.check_name for result in report.results if not result.passed]


def test_a_quiet_day_is_not_reported_before_there_are_14_days_to_compare_with(
    change: Callable[[str], None], gate: Callable[[str], GateReport]
) -> None:
    change("""insert into facts.fct_usage_daily
        select 'w1', date '2026-03-31' - cast(day as integer), 0, 30, 0, 0, 0, 0, 0
        from range(1, 14) as days(day)""")

    assert _failed(gate("facts")) == []


def test_days_without_usage_count_in_the_usual_volume(
    change: Callable[[str], None], gate: Callable[[str], GateReport]
) -> None:
    # 30 generations on every third day only: the median day has none
    change("""insert into facts.fct_usage_daily
        select 'w1', date '2026-03-31' - cast(day * 3 as integer), 0, 30, 0, 0, 0, 0, 0
        from range(1, 10) as days(day)""")

    assert _failed(gate("facts")) == []
