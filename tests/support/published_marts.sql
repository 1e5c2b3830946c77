-- The published marts as dbt builds them; data_quality is a view over the journal.
create schema marts;
create schema journal;

create table marts.chargeback_daily (
    workspace_id varchar, workspace_name varchar, usage_date date, booked_month date,
    is_correction boolean, is_closed boolean, lot_id varchar, team varchar, member_id varchar,
    member_name varchar, product_category varchar, generation_type varchar, currency varchar,
    unit_price decimal(24,12), generation_count bigint, credits decimal(38,6),
    unpriced_credits decimal(38,6), cost decimal(38,18), refunded_credits decimal(38,6),
    refunded_cost decimal(38,18)
);
create table marts.chargeback_monthly (
    workspace_id varchar, month date, booked_month date, is_correction boolean, is_closed boolean,
    workspace_name varchar, team varchar, member_id varchar, member_name varchar,
    product_category varchar, currency varchar, generation_count bigint, credits decimal(38,6),
    unpriced_credits decimal(38,6), cost decimal(38,18), refunded_credits decimal(38,6),
    refunded_cost decimal(38,18)
);
create table marts.purchases (
    workspace_id varchar, day date, entry_id varchar, lot_id varchar, credits decimal(18,6),
    amount decimal(24,12), currency varchar, pack_id varchar, invoice_id varchar, effective_on date,
    expires_on date, list_unit_price decimal(24,12)
);
create table marts.credit_balance_daily (
    workspace_id varchar, usage_date date, opening decimal(38,6), funded decimal(38,6),
    consumed decimal(38,6), expired decimal(38,6), voided decimal(38,6), overage decimal(38,6),
    closing decimal(38,6), residual decimal(38,6)
);
create table marts.credit_lots (
    workspace_id varchar, lot_id varchar, lot_status varchar, priority bigint, funded decimal(38,6),
    consumed decimal(38,6), expired decimal(38,6), voided decimal(38,6), remaining decimal(38,6),
    residual decimal(38,6), effective_at timestamp, expires_at timestamp, effective_on date,
    expires_on date
);
create table marts.credit_summary (
    workspace_id varchar, period varchar, workspace_name varchar, timezone varchar, as_of date,
    window_start_date date, last_usage_date date, credits_used decimal(38,6), allowance decimal(38,6),
    credits_remaining decimal(38,6), overage decimal(38,6), burn_rate decimal(38,12),
    burn_rate_days bigint, generation_count bigint, attempt_count bigint, regeneration_count bigint,
    regeneration_rate decimal(38,12), attempted_unit_count bigint, regenerated_unit_count bigint,
    regenerated_unit_rate decimal(38,12), product_count bigint, member_count bigint,
    credits_per_product decimal(38,12), first_pass_quality_score decimal(38,12),
    first_pass_scored_count bigint, first_pass_count bigint, first_pass_yield decimal(38,12),
    first_pass_episode_count bigint, mature_episode_count bigint, used_credits decimal(38,6),
    iterated_credits decimal(38,6), wasted_credits decimal(38,6), pending_credits decimal(38,6),
    untracked_credits decimal(38,6), waste_rate decimal(38,12),
    expected_pending_waste_credits decimal(38,6), expected_pending_waste_credits_low decimal(38,6),
    expected_pending_waste_credits_high decimal(38,6), most_efficient_member_id varchar,
    window_end_date date, cost decimal(38,18), currency varchar, unpriced_credits decimal(38,6),
    wasted_cost decimal(38,18), refunded_cost decimal(38,18)
);
create table journal.check_results (
    run_id varchar, layer varchar, asset varchar, check_name varchar, severity varchar,
    passed boolean, observed varchar, expected varchar, message varchar, checked_at timestamp
);
create table marts.depletion_forecast (
    workspace_id varchar, as_of date, forecast_status varchar, credits_remaining decimal(38,6),
    burn_rate_7d decimal(38,12), burn_rate_7d_days bigint, burn_rate_30d decimal(38,12),
    burn_rate_30d_days bigint, pace_date date, depletes_on_p025 date, depletes_on_p5 date,
    depletes_on_p10 date, depletes_on_p50 date, depletes_on_p90 date, depletes_on_p975 date,
    empty_since date, next_grant_on date, chance_empty_before_grant decimal(5,4), buy_by date,
    credits_to_buy decimal(38,6), recommended_packs varchar, packs_price decimal(24,12),
    packs_currency varchar, expiring_credits decimal(38,6), lead_time_days bigint,
    capped_credits decimal(38,6), calibration_version varchar, demand_change varchar, history_days bigint,
    deciding_charge_source varchar, deciding_charge_event_id varchar, deciding_charge_date date,
    deciding_charge_credits decimal(38,6), status_without_charge varchar,
    credits_remaining_without_charge decimal(38,6), empty_on_without_charge date
);
create table marts.depletion_paths (
    workspace_id varchar, forecast_date date, balance_p10 decimal(38,6), balance_p25 decimal(38,6),
    balance_p50 decimal(38,6), balance_p75 decimal(38,6), balance_p90 decimal(38,6)
);
create table marts.reconciliation (
    source varchar, workspace_id varchar, model varchar, unit varchar, currency varchar, day date,
    last_day date, timezone varchar, theirs decimal(38,12), ours decimal(38,12),
    difference decimal(38,12), share decimal(38,12), explained decimal(38,12), generation_count bigint,
    is_complete boolean
);
create table marts.budget_status (
    workspace_id varchar, budget_id varchar, period_start date, as_of date, scope varchar, scope_id varchar,
    scope_name varchar, budget_period varchar, period_end date, counted_from date, counted_to date,
    is_open boolean, unit varchar, currency varchar, budget decimal(38,12), used decimal(38,18),
    used_share decimal(38,12), paced decimal(38,12), counted_days bigint, elapsed_days bigint,
    unpriced_credits decimal(38,6), other_currency_credits decimal(38,6), expected_p10 decimal(38,6),
    expected_p50 decimal(38,6), expected_p90 decimal(38,6), chance_to_exceed decimal(5,4), exceeds_on date,
    exceeds_on_p10 date, exceeds_on_p90 date, exceeded_on date, status varchar, last_used_on date,
    history_days bigint
);
create table marts.period_changes (
    workspace_id varchar, period varchar, scope varchar, scope_id varchar, before_start_date date,
    before_end_date date, credits decimal(38,6), credits_before decimal(38,6), credits_change decimal(38,6),
    contribution decimal(38,6)
);
create table marts.restatements (
    workspace_id varchar, usage_date date, as_of date, cause varchar, credits_before decimal(38,6),
    credits_after decimal(38,6), wasted_credits_before decimal(38,6),
    wasted_credits_after decimal(38,6)
);
create table marts.forecast_accuracy (
    workspace_id varchar, kind varchar, horizon_bucket varchar, cases bigint, covered_80_cases bigint,
    coverage_80 decimal(38,12), median_abs_error_days bigint, pace_median_abs_error_days bigint,
    mean_abs_error_days decimal(38,12), pace_mean_abs_error_days decimal(38,12)
);
create table marts.generation_details (
    source varchar, event_id varchar, workspace_id varchar, member_id varchar, product_id varchar,
    generation_type varchar, locale varchar, product_category varchar, ruleset_id varchar,
    template_id varchar, model varchar, provider varchar, status varchar, unit_id varchar,
    episode_id varchar, attempt_number bigint, attempt_count bigint, is_regeneration boolean,
    current_outcome varchar, disposition varchar, waste_reason varchar, is_failed boolean,
    is_rejected boolean, is_excess_regeneration boolean, is_low_quality_draft boolean,
    is_unused boolean, credits decimal(18,6), quality_score decimal(18,17), input_tokens bigint,
    output_tokens bigint, latency_ms bigint, occurred_at timestamp, usage_date date, cost decimal(38,18), currency varchar,
    unpriced_credits decimal(38,6), team varchar, tags varchar
);
create table marts.usage_by_category (
    workspace_id varchar, period varchar, product_category varchar, credits decimal(38,6),
    credit_share decimal(38,12), spend_rank bigint, generation_count bigint, attempt_count bigint,
    regeneration_count bigint, regeneration_rate decimal(38,12), attempted_unit_count bigint,
    regenerated_unit_count bigint, regenerated_unit_rate decimal(38,12), product_count bigint,
    member_count bigint, credits_per_product decimal(38,12),
    first_pass_quality_score decimal(38,12), first_pass_scored_count bigint,
    first_pass_count bigint, first_pass_yield decimal(38,12), first_pass_episode_count bigint,
    mature_episode_count bigint, wasted_credits decimal(38,6), waste_rate decimal(38,12)
);
create table marts.usage_by_generation_type (
    workspace_id varchar, period varchar, generation_type varchar, generation_type_name varchar,
    credits decimal(38,6), credit_share decimal(38,12), spend_rank bigint, generation_count bigint,
    attempt_count bigint, regeneration_count bigint, regeneration_rate decimal(38,12),
    attempted_unit_count bigint, regenerated_unit_count bigint,
    regenerated_unit_rate decimal(38,12), product_count bigint, member_count bigint,
    credits_per_product decimal(38,12), first_pass_quality_score decimal(38,12),
    first_pass_scored_count bigint, first_pass_count bigint, first_pass_yield decimal(38,12),
    first_pass_episode_count bigint, mature_episode_count bigint, wasted_credits decimal(38,6),
    waste_rate decimal(38,12)
);
create table marts.usage_by_member (
    workspace_id varchar, period varchar, member_id varchar, member_name varchar, team varchar,
    credits decimal(38,6), credit_share decimal(38,12), spend_rank bigint, generation_count bigint,
    attempt_count bigint, regeneration_count bigint, regeneration_rate decimal(38,12),
    attempted_unit_count bigint, regenerated_unit_count bigint,
    regenerated_unit_rate decimal(38,12), product_count bigint, credits_per_product decimal(38,12),
    expected_credits decimal(38,12), mix_adjusted_efficiency decimal(38,12),
    first_pass_quality_score decimal(38,12), first_pass_scored_count bigint,
    first_pass_count bigint, first_pass_yield decimal(38,12), first_pass_episode_count bigint,
    mature_episode_count bigint, wasted_credits decimal(38,6), waste_rate decimal(38,12),
    is_most_efficient boolean
);
create table marts.usage_daily (
    workspace_id varchar, usage_date date, member_id varchar, product_category varchar,
    generation_type varchar, credits decimal(38,6), generation_count bigint, attempt_count bigint,
    regeneration_count bigint, used_credits decimal(38,6), iterated_credits decimal(38,6),
    wasted_credits decimal(38,6), pending_credits decimal(38,6), untracked_credits decimal(38,6),
    cost decimal(38,18), currency varchar, unpriced_credits decimal(38,6), wasted_cost decimal(38,18),
    team varchar
);
create table marts.waste_by_reason (
    workspace_id varchar, period varchar, waste_reason varchar, wasted_credits decimal(38,6),
    generation_count bigint, share_of_credits decimal(38,12)
);
create table marts.waste_suggestions (
    workspace_id varchar, suggestion_rank bigint, segment_kind varchar, segment_id varchar,
    generation_type varchar, ruleset_id varchar, template_id varchar, product_category varchar,
    member_id varchar, waste_reason varchar, generation_count bigint, wasted_generation_count bigint,
    evidence_count bigint, affected_count bigint, elsewhere_count bigint,
    elsewhere_affected_count bigint, credits decimal(38,6), wasted_credits decimal(38,6),
    waste_rate decimal(38,12), potential_saving_credits_low decimal(38,6),
    potential_saving_credits_mid decimal(38,6), potential_saving_credits_high decimal(38,6),
    saving_days decimal(18,1), depletes_on_p50_if_saved date, suggestion varchar, suggestion_parts varchar,
    evidence_from date, evidence_to date,
    as_of date
);
create view marts.data_quality as select * from journal.check_results;
