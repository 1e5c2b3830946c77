"""Corrupted facts, ledger or forecast are reported by their gate: event, episode, lot, day or workspace."""

from collections.abc import Callable

import pytest

from expectations.runner import CheckResult

Corruption = tuple[
    str, str, str, tuple[str, ...]
]  # check, severity, what corrupts the batch, words of the message
CRITICAL, WARNING = "critical", "warning"

SHORT = "update facts.fct_reconciliation set ours = 198.99, difference = -1.01, explained = -0.5"

FACTS: list[Corruption] = [
    (
        "totals_of_sources_agree_with_ours",
        WARNING,
        SHORT,
        (
            "found 1 case: native, workspace (all), model (all), 2026-03-31 to 2026-03-31: 200.000000000000",
            "USD by its own account, 198.990000000000 by ours; -0.500000000000 of the difference is expl",
        ),
    ),
    (
        "totals_of_sources_agree_with_ours",
        WARNING,
        "update facts.fct_reconciliation set theirs = 0, ours = 0.01, difference = 0.01",
        ("0.000000000000 USD by its own account, 0.010000000000 by ours",),
    ),
    (
        "provider_costs_in_one_total_are_of_one_currency",
        WARNING,
        "update facts.fct_reconciliation set cost_currency_count = 2",
        ("2026-03-31 to 2026-03-31: costs in 2 currencies, the total in USD",),
    ),
    (
        "staged_generations_are_reported_retracted_or_later",
        CRITICAL,
        "delete from facts.fct_usage_daily where workspace_id = 'w2'",
        (
            "workspace w2: 2 staged generations (10.000000 credits), "
            "1 retracted or later (7.000000 credits), 0 reported (0.000000 credits)",
        ),
    ),
    (
        "staged_generations_are_reported_retracted_or_later",
        CRITICAL,
        "delete from facts.int_generations_excluded where row_id = 5",
        ("workspace w1: 5 staged", "0 retracted or later (0.000000 credits)", "4 reported"),
    ),
    (
        "staged_generations_are_reported_retracted_or_later",
        CRITICAL,
        "insert into facts.int_generations_excluded values (7, 'w2', 3, 1, 'later')",
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
        "update facts.fct_usage_daily set generation_count = 0 where workspace_id = 'w2'",
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
        "product_ids_are_of_products",
        WARNING,
        # all of w2, and 2.5 of the 18.75 credits of w1, which is less than a quarter
        """update facts.int_generations_classified set attempt_count = 21, product_id = 'chat-7'
        where event_id in ('e3', 'e7')""",
        (
            "found 1 case: workspace w2: 3.000000 of 3.000000 credits, such as 21 attempts on product chat-7",
            "conversation or session",
        ),
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
        "delete from facts.int_generations_classified where event_id = 'e7'",
        ("workspace w2 on 2026-03-31: 0.000000 consumed, 3.000000 in fct_usage_daily",),
    ),
    (
        "dispositions_add_up_to_consumed_credits",
        CRITICAL,
        "update facts.fct_usage_daily set credits = 3.000001 where workspace_id = 'w2'",
        ("workspace w2 on 2026-03-31: 3.000000 consumed, 3.000001 in fct_usage_daily",),
    ),
    (
        "classified_generations_are_reported",
        CRITICAL,
        "delete from facts.fct_generations",
        ("facts.int_generations_classified; found 1 case: 0 rows, expected 5",),
    ),
    (
        "lines_and_credits_of_each_file_clear",
        CRITICAL,
        "delete from facts.int_generations_classified where event_id = 'e7'",
        (
            "found 1 case: file events/1.jsonl of batch 1: 8 lines, 7 explained (4 reported, 1 retracted, "
            "1 later, 0 duplicate, 0 conflicting, 1 quarantined); 32.750000 credits accepted, 29.750000",
        ),
    ),
    (
        "lines_and_credits_of_each_file_clear",
        CRITICAL,
        "insert into facts.int_generations_classified "
        "from facts.int_generations_classified where event_id = 'e7'",
        ("file events/1.jsonl of batch 1: 8 lines, 9 explained (6 reported",),
    ),
    (
        "lines_and_credits_of_each_file_clear",
        CRITICAL,
        "insert into facts.int_generations_excluded values (7, 'w2', 3, 1, 'retracted')",
        ("file events/1.jsonl of batch 1: 8 lines, 9 explained (5 reported, 2 retracted",),
    ),
    (
        "lines_and_credits_of_each_file_clear",
        CRITICAL,
        "delete from staging.stg_repeated_deliveries",
        ("file events/2.jsonl of batch 2: 1 lines, 0 explained", "10.000000 credits accepted, 0.000000"),
    ),
    (
        "lines_and_credits_of_each_file_clear",
        CRITICAL,
        "update raw.deliveries set quarantined_count = 0",
        ("file events/1.jsonl of batch 1: 8 lines, 7 explained", "0 quarantined"),
    ),
    (
        "lines_and_credits_of_each_file_clear",
        CRITICAL,
        "update facts.int_generations_excluded set credits = 3.999999 where row_id = 5",
        ("found 1 case: file events/1.jsonl", "32.750000 credits accepted, 32.749999 explained"),
    ),
    (
        "lines_and_credits_of_each_file_clear",
        CRITICAL,
        "delete from raw.generation_events where batch_id = 2",
        ("file events/2.jsonl of batch 2: 1 lines, 0 explained",),
    ),
    (
        "the_newest_day_has_its_usual_volume",
        WARNING,
        """insert into facts.fct_usage_by_day
        select 'w1', date '2026-03-31' - cast(day as integer), 0, 30 from range(2, 29) as days(day)""",
        ("workspace w1: 3 generations on 2026-03-31; 30.0 on the same day of the weeks before, 30.0 on any",),
    ),
    (
        "the_newest_day_has_no_multiple_of_its_usual_volume",
        WARNING,
        """update facts.fct_usage_by_day set generation_count = 300 where usage_date = '2026-03-31';
        insert into facts.fct_usage_by_day
        select 'w1', date '2026-03-31' - cast(day as integer), 0, 30 from range(2, 29) as days(day)""",
        ("found 1 case: workspace w1: 300 generations on 2026-03-31; 30.0 on the same day",),
    ),
    (
        "usage_is_fresh",
        WARNING,
        "update facts.fct_usage_by_day set usage_date = '2026-03-28'",
        ("2026-03-28",),
    ),
    (
        "no_workspace_falls_silent",
        WARNING,
        """insert into facts.fct_usage_by_day
        select 'w3', date '2026-03-31' - cast(day as integer), 0, 1 from range(3, 13) as days(day)""",
        ("found 1 case: workspace w3: none since 2026-03-28, after 10 days with usage in 8 weeks",),
    ),
]

OF_WHAT_IS_JUDGED_OR_SUMMED = (
    "generations_have_one_disposition",
    "dispositions_add_up_to_consumed_credits",
    "lines_and_credits_of_each_file_clear",
)
FACTS_ONCE = [corruption for corruption in FACTS if corruption[0] in OF_WHAT_IS_JUDGED_OR_SUMMED]
FACTS_ALWAYS = [corruption for corruption in FACTS if corruption[0] not in OF_WHAT_IS_JUDGED_OR_SUMMED]

# what was delivered and has no effect or looks wrong
DELIVERED: list[Corruption] = [
    (
        "references_name_known_events",
        WARNING,
        """insert into facts.int_references_unknown values
            ('content_outcomes', 'native', 'o1', 'native', 'e9', 1, null),
            ('content_outcomes', 'native', 'o1', 'native', 'e9', 1, 'shop'),
            ('content_outcomes', 'native', 'o1', 'native', 'e9', 1, 'app'),
            ('event_retractions', 'native', 'r1', 'native', 'e8', 1, null),
            ('event_retractions', 'native', 'r1', 'native', 'e8', 1, 'shop')""",
        (
            "found 1 case: 2 of 2 outcomes and retractions name no event that is known; 2 would with source "
            "shop, 1 with app, such as content_outcomes o1 names event e9 of source native. If",
        ),
    ),
    (
        "references_name_known_events",
        WARNING,
        """insert into facts.int_references_unknown values
            ('credit_entries', 'w1', 'back', 'native', 'e9', 1, null);
        insert into staging.stg_credit_entries (workspace_id, entry_id, entry_type, related_event_id)
            values ('w1', 'back', 'refund', 'e9')""",
        (
            "1 of 3 outcomes, retractions and refunds name no event that is known, such as "
            "credit_entries back names event e9",
        ),
    ),
    (
        "nothing_is_dated_far_after_as_of",
        WARNING,
        """insert into facts.fct_rows_waiting values
            ('credit_entries', 'w1', 'in time', '2027-05-05'),
            ('credit_entries', 'w1', 'far', '2027-05-06')""",
        ("found 1 case: credit_entries far of w1, dated 2027-05-06",),
    ),
    (
        "used_ids_are_in_their_feed",
        WARNING,
        """update facts.fct_unnamed_usage
        set unnamed_credits = 9.375001, unnamed_count = 2, first_unnamed_id = 'sku '
        where id_kind = 'product'""",
        (
            "found 1 case: workspace w1: 9.375001 of 18.750000 credits have one of 2 product ids that no row "
            'of products names, such as "sku "',
        ),
    ),
    (
        "ids_do_not_look_alike",
        WARNING,
        """insert into facts.fct_look_alike_ids values
            ('w1', 'product', '1', '1'), ('w1', 'product', '1', '1.0'), ('w1', 'product', '1', '1 '),
            ('w1', 'product', '1', ' 1'), ('w1', 'product', 'a', 'a'), ('w1', 'product', 'a', 'A'),
            ('(all)', 'workspace', 'w', 'w'), ('(all)', 'workspace', 'w', 'W')""",
        (
            'found 2 cases: workspace (all), workspace ids (1): "W" = "w"; '
            'workspace w1, product ids (2): " 1" = "1" = "1 " = …, "A" = "a"',
        ),
    ),
]

LEDGER: list[Corruption] = [
    *(
        (
            "all_credit_entries_clear",
            CRITICAL,
            statement,
            (f"found 1 case: {accepted} accepted ({accepted}00.000000 credits), {live} live",),
        )
        for statement, accepted, live in (
            ("insert into staging.stg_credit_entries from staging.stg_credit_entries", 1, 2),
            (
                """insert into staging.stg_repeated_deliveries
                values ('credit_entries', 'w1', 'c1', 2, 'entries/2.jsonl', 1, 1, false, 100, 9)""",
                1,
                1,
            ),
            ("update staging.stg_credit_entries set credits = credits + 0.000001", 1, "1"),
        )
    ),
    (
        "known_entries_are_booked",
        CRITICAL,
        "delete from facts.fct_credit_entries",
        ("entry c1 of workspace w1: 100.000000 credits",),
    ),
    (
        "known_entries_are_booked",
        CRITICAL,
        "update facts.fct_credit_entries set credits = 99",
        ("entry c1 of workspace w1: 100.000000 credits",),
    ),
    *(
        (
            "lots_hold_what_was_entered",
            CRITICAL,
            statement,
            (f"found 1 case: workspace w1, lot {lot}: {rows} rows, funded {funded}, entered {entered}",),
        )
        for statement, lot, rows, funded, entered in (
            ("delete from facts.fct_credit_lots", "lot1", 0, "0.000000", "100.000000"),
            ("update facts.fct_credit_lots set funded = 100.000001", "lot1", 1, "100.000001", "100.000000"),
            ("update facts.fct_credit_lots set funded = 99.999999", "lot1", 1, "99.999999", "100.000000"),
            (
                "insert into facts.fct_credit_lots values ('w1', 'lot2', 5, 0, 0, 0, 5, 0, 'active')",
                *("lot2", 1, "5.000000", "0.000000"),
            ),
        )
    ),
    (
        "every_ledger_reaches_as_of",
        CRITICAL,
        "delete from facts.fct_credit_balance_daily where usage_date = '2026-03-31'",
        ("workspace w1: 0 balances of as_of, expected 1",),
    ),
    (
        "every_ledger_reaches_as_of",
        CRITICAL,
        "update facts.dim_reporting_workspaces set has_credit_entries = true",
        ("found 1 case: workspace w2: 0 balances of as_of, expected 1",),
    ),
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
        "draws_are_the_usage",
        CRITICAL,
        "delete from facts.fct_lot_draws_daily where usage_date = '2026-03-30'",
        ("workspace w1 on 2026-03-30: 0.000000 drawn, 10.000000 consumed or overage",),
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
        "insert into facts.fct_ledger_warnings values ('w1', 'c9', 'l', 'unknown_lot', 40, '', null)",
        ("entry c9 of workspace w1: unknown_lot, 40.000000",),
    ),
    *(
        (
            check,
            WARNING,
            f"""insert into facts.fct_ledger_warnings
            values ('w1', 'c9', 'l', '{warning}', 0, 'entry c8', date '2026-03-20')""",
            (found,),
        )
        for check, warning, found in (
            ("lots_keep_their_first_terms", "other_terms", "entry c9 of workspace w1, lot l: entry c8"),
            ("extensions_come_before_the_expiry", "late_extension", "came on 2026-03-20: lot l had expired"),
            ("lots_end_after_they_begin", "ends_before_it_begins", "entry c9 of workspace w1, lot l"),
            ("lots_are_paid_in_one_currency", "two_currencies", "entry c9 of workspace w1, lot l: entry c8"),
            ("entries_are_booked_once", "twin_entry", "entry c9 of workspace w1 equals entry c8"),
        )
    ),
    (
        "no_entry_waits_for_its_date",
        WARNING,
        """insert into staging.stg_credit_entries by name select 'w1' as workspace_id, 'may' as entry_id,
            5 as credits, timestamp '2026-05-01 00:00:00' as occurred_at, 9 as batch_id""",
        ("workspace w1: 1 of its entries wait, such as may; the latest occurred at 2026-05-01 00:00:00",),
    ),
    (
        "usage_residuals_are_zero",
        CRITICAL,
        "update facts.fct_credit_balance_daily set usage_residual = 0.000001 where usage_date = '2026-03-30'",
        ("workspace w1 on 2026-03-30: usage residual 0.000001",),
    ),
]

FORECAST: list[Corruption] = [
    (
        "every_workspace_has_one_forecast",
        CRITICAL,
        "delete from forecast.credit_depletion where workspace_id = 'w2'",
        ("workspace w2: 0 rows",),
    ),
    *(
        (
            "deciding_charges_are_implausible_and_leave_no_less",
            CRITICAL,
            "insert into facts.fct_implausible_charges values "
            f"('native', '{event}', 'w1', '2026-03-30', 5000, 1);"
            "insert into forecast.deciding_charges values "
            f"('w1', '2026-03-31', 'native', 'e1', '2026-03-30', {credits}, 'ok', {left}, null)",
            (f"workspace w1: event native e1, {credits}.000000 credits, ok without",),
        )
        for event, credits, left in (("e2", 5000, 5081), ("e1", 5001, 5081), ("e1", 5000, 81))
    ),
    (
        "forecast_status_is_known",
        CRITICAL,
        "update forecast.credit_depletion set forecast_status = 'fine' where workspace_id = 'w2'",
        ("workspace w2: status fine",),
    ),
    (
        "pace_date_only_with_a_paced_status",
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
        "date_quantiles_only_with_status_ok",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p50 = null, depletes_on_p90 = null",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_only_with_status_ok",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p90 = '2027-04-01' where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_only_with_status_ok",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p025 = '2026-03-31' where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_only_with_status_ok",
        CRITICAL,
        "update forecast.credit_depletion set buy_by = null where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "date_quantiles_only_with_status_ok",
        CRITICAL,
        "update forecast.credit_depletion set depletes_on_p975 = '2026-05-01' where workspace_id = 'w2'",
        ("found 1 case: workspace w2",),
    ),
    (
        "date_quantiles_only_with_status_ok",
        CRITICAL,
        "update forecast.credit_depletion set buy_by = '2026-05-01' where workspace_id = 'w2'",
        ("found 1 case: workspace w2",),
    ),
    (
        "purchase_advice_is_not_negative",
        CRITICAL,
        "update forecast.credit_depletion set credits_to_buy = -1 where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "purchase_advice_is_not_negative",
        CRITICAL,
        "update forecast.credit_depletion set chance_empty_before_grant = 1.01 where workspace_id = 'w1'",
        ("found 1 case: workspace w1",),
    ),
    (
        "purchase_advice_is_not_negative",
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
        "update forecast.forecast_scores set kind = 'budget', as_of = '2026-03-18'",
        ("found 1 case: workspace w1, budget forecast",),
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
    *(
        ("every_open_budget_has_one_forecast", CRITICAL, statement, (f"budget b1: {words}",))
        for statement, words in (
            ("delete from forecast.budget_forecast", "0 rows for 1 periods"),
            ("update dimensions.dim_budget_periods set is_open = false", "1 rows for 0 periods"),
        )
    ),
    *(
        (
            "budget_ranges_are_in_order",
            CRITICAL,
            f"update forecast.budget_forecast set {change}",
            ("workspace w1, budget b1",),
        )
        for change in (
            "to_come_p10 = 1.5",
            "to_come_p90 = 0.5",
            "to_come_p50 = null",
            "chance_to_exceed = 1.1",
            "forecast_status = 'no_use'",
            "exceeds_on = '2026-03-31'",
            "exceeds_on_p10 = null",
            "exceeds_on_p90 = '2026-04-01'",
        )
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

SPIKES: list[Corruption] = [
    (
        "spikes_are_unique",
        CRITICAL,
        "insert into forecast.usage_spikes from forecast.usage_spikes where scope = 'day'",
        ("workspace w1 on 2026-03-31, scope day: 2 rows",),
    ),
    (
        "spikes_are_unique",
        CRITICAL,
        "update forecast.usage_spikes set scope = null where scope = 'event'",
        ("scope null: 1 rows",),
    ),
    (
        "spikes_are_unique",
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
            f"update forecast.usage_spikes set {statement} where scope = 'event'",
            ("found 1 case", "scope event"),
        )
        for statement in ("usual = 5", "usual = null", "usual = -1", "cause = ''", "cause = null")
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
        "delete from facts.fct_usage_by_day",
        ("8.750000 credits in the spike, null used",),
    ),
]


@pytest.mark.parametrize("corruption", FACTS, ids=[corruption[0] for corruption in FACTS])
def test_corrupted_facts_are_reported(corruption: Corruption, assert_reported: Callable[..., None]) -> None:
    assert_reported("facts", *corruption)


@pytest.mark.parametrize("corruption", FACTS_ONCE, ids=[corruption[0] for corruption in FACTS_ONCE])
def test_facts_are_checked_only_by_the_run_that_computed_them(
    corruption: Corruption, assert_checked_once: Callable[..., None]
) -> None:
    assert_checked_once("facts", *corruption)


@pytest.mark.parametrize("corruption", FACTS_ALWAYS, ids=[corruption[0] for corruption in FACTS_ALWAYS])
def test_sums_over_all_facts_are_checked_by_every_run(
    corruption: Corruption, assert_always_checked: Callable[..., None]
) -> None:
    assert_always_checked("facts", *corruption)


def test_every_facts_check_is_failed_by_some_batch(assert_all_covered: Callable[..., None]) -> None:
    assert_all_covered("facts", [corruption[0] for corruption in [*FACTS, *DELIVERED]])


@pytest.mark.parametrize("corruption", DELIVERED, ids=[corruption[0] for corruption in DELIVERED])
def test_what_is_delivered_and_has_no_effect_or_looks_wrong_is_reported(
    corruption: Corruption, assert_always_checked: Callable[..., None]
) -> None:
    assert_always_checked("facts", *corruption)


def test_half_of_the_credits_without_a_name_are_not_reported(
    change: Callable[[str], None], failed_check: Callable[..., CheckResult | None]
) -> None:
    change("update facts.fct_unnamed_usage set unnamed_credits = 9.375")
    assert failed_check("facts", "used_ids_are_in_their_feed") is None


@pytest.mark.parametrize("corruption", LEDGER, ids=[corruption[0] for corruption in LEDGER])
def test_a_corrupted_ledger_is_reported(corruption: Corruption, assert_reported: Callable[..., None]) -> None:
    assert_reported("ledger", *corruption)


@pytest.mark.parametrize(("day", "is_found"), [("2027-05-05 23:59:59", True), ("2027-05-06 00:00:00", False)])
def test_an_entry_of_more_than_400_days_later_is_left_to_the_check_of_far_dates(
    day: str, is_found: bool, change: Callable[[str], None], failed_check: Callable[..., object]
) -> None:
    change(
        "insert into staging.stg_credit_entries by name select 'w1' as workspace_id, 'far' as entry_id, "
        f"5 as credits, timestamp '{day}' as occurred_at, 9 as batch_id"
    )
    assert (failed_check("ledger", "no_entry_waits_for_its_date") is not None) == is_found


def test_every_ledger_check_is_failed_by_some_batch(assert_all_covered: Callable[..., None]) -> None:
    assert_all_covered("ledger", [corruption[0] for corruption in LEDGER])


@pytest.mark.parametrize("corruption", FORECAST, ids=[corruption[0] for corruption in FORECAST])
def test_a_corrupted_forecast_is_reported(
    corruption: Corruption, assert_reported: Callable[..., None]
) -> None:
    assert_reported("forecast", *corruption)


def test_every_forecast_check_is_failed_by_some_batch(assert_all_covered: Callable[..., None]) -> None:
    assert_all_covered("forecast", [corruption[0] for corruption in [*FORECAST, *SPIKES]])


@pytest.mark.parametrize("corruption", SPIKES, ids=[corruption[0] for corruption in SPIKES])
def test_corrupted_spikes_are_reported(corruption: Corruption, assert_reported: Callable[..., None]) -> None:
    assert_reported("forecast", *corruption)


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ("attempt_count = 21, credits = 4.583334", True),
        ("attempt_count = 21, credits = 4.583333", False),
        ("attempt_count = 20, credits = 9", False),
        ("attempt_count = 21, credits = 9, usage_date = '2026-03-01'", False),
    ],
)
def test_more_than_a_quarter_of_the_credits_of_30_days_in_episodes_of_more_than_20_attempts_is_reported(
    changes: str, is_found: bool, change: Callable[[str], None], failed_check: Callable[..., object]
) -> None:
    """The others of the workspace come to 13.75 credits."""
    change(f"update facts.int_generations_classified set {changes} where event_id = 'e2'")
    assert (failed_check("facts", "product_ids_are_of_products") is not None) == is_found
