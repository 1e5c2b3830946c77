-- A warehouse that passes every gate, with the columns the gates read. conftest.py describes it.
create schema raw;
create schema staging;
create schema dimensions;
create schema facts;
create schema forecast;
create schema waste;
create schema marts;

create table raw.generation_events (
    source text, event_id text, occurred_at timestamptz, workspace_id text, member_id text, product_id text,
    generation_type text, status text, credits decimal(18, 6), batch_id bigint, file_path text,
    line_number bigint, content_hash text, row_id bigint
);
insert into raw.generation_events
select 'native', id, cast(happened as timestamptz), workspace, member, 'p1', 'description', status, credits, batch,
    'events/' || batch || '.jsonl', line, 'h-' || id, case batch when 1 then line else 8 end
from (values
    ('e1', '2026-03-30 10:00:00Z', 'w1', 'm1', 'succeeded', 10.0, 1, 1),
    ('e2', '2026-03-31 10:00:00Z', 'w1', 'm2', 'succeeded', 5.0, 1, 2),
    ('e3', '2026-03-31 10:05:00Z', 'w1', 'm2', 'succeeded', 2.5, 1, 3),
    ('e4', '2026-03-31 11:00:00Z', 'w1', 'm1', 'failed', 1.25, 1, 4),
    ('e5', '2026-03-30 12:00:00Z', 'w1', 'm1', 'succeeded', 4.0, 1, 5),
    ('e6', '2026-03-31 11:30:00Z', 'w2', 'm3', 'succeeded', 7.0, 1, 6),
    ('e7', '2026-03-31 10:30:00Z', 'w2', 'm3', 'succeeded', 3.0, 1, 7),
    ('e1', '2026-03-30 10:00:00Z', 'w1', 'm1', 'succeeded', 10.0, 2, 1)
) as given(id, happened, workspace, member, status, credits, batch, line);

create table raw.content_outcomes as
select 'native' as source, 'o1' as outcome_id, 'e1' as event_id, timestamptz '2026-03-30 11:00:00Z' as occurred_at,
    'accepted' as outcome, cast(1 as bigint) as batch_id, 'outcomes/1.jsonl' as file_path,
    cast(1 as bigint) as line_number, 'h-o1' as content_hash;
create table raw.event_retractions as
select 'native' as source, 'r1' as retraction_id, 'e5' as event_id, timestamptz '2026-03-31 09:00:00Z' as occurred_at,
    cast(1 as bigint) as batch_id, 'retractions/1.jsonl' as file_path, cast(1 as bigint) as line_number,
    'h-r1' as content_hash;
create table raw.credit_entries as
select 'w1' as workspace_id, 'c1' as entry_id, 'grant' as entry_type, timestamptz '2026-03-30 00:00:00Z' as occurred_at,
    timestamptz '2026-03-30 00:00:00Z' as effective_at, 'lot1' as lot_id, cast(10 as bigint) as priority,
    cast(100 as decimal(18, 6)) as credits, cast(1 as bigint) as batch_id, 'entries/1.jsonl' as file_path,
    cast(1 as bigint) as line_number, 'h-c1' as content_hash;
create table raw.workspaces as
select 'w1' as workspace_id, cast(1 as bigint) as batch_id, 'workspaces/1.csv' as file_path,
    cast(1 as bigint) as line_number, 'h-w1' as content_hash;
create table raw.members as
select 'm1' as member_id, 'w1' as workspace_id, cast(1 as bigint) as batch_id, 'members/1.csv' as file_path,
    cast(1 as bigint) as line_number, 'h-m1' as content_hash;
create table raw.products as
select 'p1' as product_id, 'w1' as workspace_id, cast(1 as bigint) as batch_id, 'products/1.csv' as file_path,
    cast(1 as bigint) as line_number, 'h-p1' as content_hash
union all
select 'p2', 'w1', 1, 'acme/1.jsonl', 2, 'h-p2';
create table raw.credit_packs as
select 'k1' as pack_id, 'w1' as workspace_id, cast(500 as decimal(18, 6)) as credits,
    cast(49 as decimal(24, 12)) as price, 'EUR' as currency, cast(1 as bigint) as batch_id,
    'packs/1.csv' as file_path, cast(1 as bigint) as line_number, 'h-k1' as content_hash;
create table raw.credit_plans as
select 'w1' as workspace_id, 'team' as plan_id, cast(100 as decimal(18, 6)) as credits, 'month' as "interval",
    date '2026-03-01' as starts_on, cast(1 as bigint) as batch_id, 'plans/1.csv' as file_path,
    cast(1 as bigint) as line_number, 'h-l1' as content_hash;
create table raw.budgets as
select 'b1' as budget_id, 'w1' as workspace_id, 'workspace' as scope, 'month' as period,
    cast(1 as bigint) as batch_id, 'budgets/1.csv' as file_path, cast(1 as bigint) as line_number,
    'h-b1' as content_hash;
create table raw.rate_cards as
select 'list' as card, date '2026-01-01' as valid_from, 'usd' as unit, cast(1000 as decimal(24, 12)) as credits_per_unit,
    cast(1 as bigint) as batch_id, 'rates/1.csv' as file_path, cast(1 as bigint) as line_number, 'h-rc1' as content_hash;
create table raw.provider_totals as
select 'native' as source, date '2026-03-31' as "day", 'day' as "period", 'UTC' as timezone,
    cast(1 as bigint) as batch_id, 'totals/1.csv' as file_path, cast(1 as bigint) as line_number, 'h-pt1' as content_hash;

create table raw.mapping_counts as
select cast(1 as bigint) as batch_id, 'acme' as source_folder, 'acme/1.jsonl' as file_path,
    cast(3 as bigint) as record_count, cast(1 as bigint) as mapped_count, cast(2 as bigint) as left_out_count,
    cast(0 as bigint) as quarantined_count;

create table raw.deliveries (
    batch_id bigint, feed text, file_path text, status text, line_count bigint, accepted_count bigint,
    quarantined_count bigint, accepted_credits decimal(38, 6), unknown_columns text, replaces_earlier boolean,
    reason text
);
insert into raw.deliveries values
    (1, 'generation_events', 'events/1.jsonl', 'loaded', 8, 7, 1, 32.75, null, false, null),
    (1, 'content_outcomes', 'outcomes/1.jsonl', 'loaded', 1, 1, 0, null, null, false, null),
    (1, 'event_retractions', 'retractions/1.jsonl', 'loaded', 1, 1, 0, null, null, false, null),
    (1, 'credit_entries', 'entries/1.jsonl', 'loaded', 1, 1, 0, 100, null, false, null),
    (1, 'workspaces', 'workspaces/1.csv', 'loaded', 1, 1, 0, null, null, false, null),
    (1, 'members', 'members/1.csv', 'loaded', 1, 1, 0, null, null, false, null),
    (1, 'products', 'products/1.csv', 'loaded', 1, 1, 0, null, null, false, null),
    (1, 'credit_packs', 'packs/1.csv', 'loaded', 1, 1, 0, 500, null, false, null),
    (1, 'credit_plans', 'plans/1.csv', 'loaded', 1, 1, 0, 100, null, false, null),
    (1, 'budgets', 'budgets/1.csv', 'loaded', 1, 1, 0, null, null, false, null),
    (1, 'rate_cards', 'rates/1.csv', 'loaded', 1, 1, 0, null, null, false, null),
    (1, 'provider_totals', 'totals/1.csv', 'loaded', 1, 1, 0, null, null, false, null),
    (1, 'acme', 'acme/1.jsonl', 'loaded', 3, 3, 0, null, null, false, null),
    (1, 'products', 'acme/1.jsonl', 'loaded', 1, 1, 0, null, null, false, null),
    (2, 'generation_events', 'events/2.jsonl', 'loaded', 1, 1, 0, 10, null, false, null),
    (2, 'members', 'members/again.csv', 'alias', 0, 0, 0, null, null, false, null);
create table raw.quarantine (
    batch_id bigint, feed text, file_path text, line_number bigint, rule text, reason text
);
insert into raw.quarantine values
    (1, 'generation_events', 'events/1.jsonl', 8, 'instant.offset', 'occurred_at has no offset');

create table staging.stg_generation_events as
select source, event_id, workspace_id, generation_type, credits, batch_id
from raw.generation_events
where batch_id = 1;
create table staging.stg_content_outcomes as select source, outcome_id, batch_id from raw.content_outcomes;
create table staging.stg_event_retractions as select source, retraction_id, batch_id from raw.event_retractions;
create table staging.stg_credit_entries as
select workspace_id, entry_id, credits, occurred_at at time zone 'UTC' as occurred_at, batch_id
from raw.credit_entries;
alter table staging.stg_credit_entries add column entry_type text default 'grant';
alter table staging.stg_credit_entries add column related_event_id text;
create table staging.stg_repeated_deliveries as
select 'generation_events' as feed, source as key_scope, event_id as key_id, batch_id, file_path, line_number,
    cast(1 as bigint) as winning_batch_id, false as is_conflict, credits, row_id
from raw.generation_events
where batch_id = 2;
create view staging.stg_conflicts as select * from staging.stg_repeated_deliveries where is_conflict;
create table staging.stg_usage_by_batch as
select batch_id, workspace_id, generation_type, count(*) as generation_count,
    cast(sum(credits) as decimal(38, 6)) as credits
from staging.stg_generation_events
group by batch_id, workspace_id, generation_type;

-- what an incremental run recomputes: nothing here, as batch 2 left it
create table facts.int_changed_generations (row_id bigint);
create table facts.int_changed_days (workspace_id text, usage_date date);
create table facts.int_generations_excluded (
    row_id bigint, workspace_id text, credits decimal(18, 6), batch_id bigint, exclusion_reason text
);
insert into facts.int_generations_excluded values (5, 'w1', 4, 1, 'retracted'), (6, 'w2', 7, 1, 'later');
create table facts.int_generations_classified (
    row_id bigint, source text, event_id text, workspace_id text, usage_date date, credits decimal(18, 6),
    member_id text, product_category text, generation_type text, ruleset_id text, template_id text,
    attempt_number bigint, batch_id bigint, product_id text, is_first_variant boolean, attempt_count bigint
);
insert into facts.int_generations_classified
select id, 'native', 'e' || id, workspace, usage_date, credits, member, 'Shoes', 'description', ruleset, template,
    number, 1, 'p1', number is not null, attempt_count
from (values
    (1, 'w1', '2026-03-30', 10, 'm1', 'r1', 't1', 1, 1),
    (2, 'w1', '2026-03-31', 5, 'm2', 'r2', 't2', 1, 2),
    (3, 'w1', '2026-03-31', 2.5, 'm2', 'r2', 't2', 2, 2),
    (4, 'w1', '2026-03-31', 1.25, 'm1', 'r2', 't2', null, null),
    (7, 'w2', '2026-03-31', 3, 'm3', 'r1', 't1', 1, 1)
) as given(id, workspace, usage_date, credits, member, ruleset, template, number, attempt_count);
create table facts.fct_generations as
select judged.*, episode_id, disposition, waste_reason, 'm' as model, 'f' as workflow
from facts.int_generations_classified as judged
inner join (values
    ('e1', 'x-1', 'used', null),
    ('e2', 'y-1', 'iterated', null),
    ('e3', 'y-1', 'pending', null),
    ('e4', null, 'wasted', 'failed_generation'),
    ('e7', 'z-1', 'untracked', null)
) as decided(event_id, episode_id, disposition, waste_reason) using (event_id);
create table facts.fct_implausible_charges (
    source text, event_id text, workspace_id text, usage_date date, credits decimal(38, 6),
    p99_credits decimal(38, 6)
);
create table facts.int_references_unknown (
    feed text, reference_scope text, reference_id text, source text, event_id text, batch_id bigint,
    other_source text
);
create table facts.fct_rows_waiting (feed text, row_scope text, delivered_id text, waits_for date);
insert into facts.fct_rows_waiting values ('generation_events', 'native', 'e6', '2026-04-01');
create table facts.fct_unnamed_usage (
    workspace_id text, id_kind text, credits decimal(38, 6), unnamed_credits decimal(38, 6),
    unnamed_count bigint, first_unnamed_id text
);
insert into facts.fct_unnamed_usage values
    ('w1', 'product', 18.75, 0, 0, null),
    ('w1', 'member', 18.75, 7.5, 1, 'm2');
create table facts.fct_look_alike_ids (workspace_id text, id_kind text, look text, look_alike_id text);
create table facts.fct_usage_daily (
    workspace_id text, usage_date date, credits decimal(38, 6), generation_count bigint,
    used_credits decimal(38, 6), iterated_credits decimal(38, 6), wasted_credits decimal(38, 6),
    pending_credits decimal(38, 6), untracked_credits decimal(38, 6), refunded_credits decimal(38, 6),
    pending_product_credits decimal(38, 6)
);
insert into facts.fct_usage_daily values
    ('w1', '2026-03-30', 10, 1, 10, 0, 0, 0, 0, 0, 0),
    ('w1', '2026-03-31', 8.75, 3, 0, 5, 1.25, 2.5, 0, 0, 2.5),
    ('w2', '2026-03-31', 3, 1, 0, 0, 0, 0, 3, 0, 0);
create table facts.int_usage_daily_base as
select workspace_id, usage_date, credits, generation_count from facts.fct_usage_daily;
create table facts.fct_usage_by_day as
select workspace_id, usage_date, credits, generation_count from facts.fct_usage_daily;
create table facts.dim_reporting_workspaces as
select 'w1' as workspace_id, true as has_credit_entries
union all select 'w2', false;

create table facts.fct_credit_entries as
select workspace_id, entry_id, lot_id, credits, date '2026-03-30' as effective_on, 'purchase' as entry_type
from staging.stg_credit_entries
cross join (select 'lot1' as lot_id) as lots;
create table facts.fct_credit_lots (
    workspace_id text, lot_id text, funded decimal(38, 6), consumed decimal(38, 6), expired decimal(38, 6),
    voided decimal(38, 6), remaining decimal(38, 6), residual decimal(38, 6), lot_status text
);
insert into facts.fct_credit_lots values ('w1', 'lot1', 100, 18.75, 0, 0, 81.25, 0, 'active');
create table facts.fct_lot_movements as
select workspace_id, entry_id, lot_id, credits as funded from facts.fct_credit_entries;
create table facts.fct_credit_balance_daily (
    workspace_id text, usage_date date, consumed decimal(38, 6), overage decimal(38, 6),
    closing decimal(38, 6), residual decimal(38, 6), before_ledger decimal(38, 6),
    usage_residual decimal(38, 6)
);
insert into facts.fct_credit_balance_daily values
    ('w1', '2026-03-30', 10, 0, 90, 0, 0, 0),
    ('w1', '2026-03-31', 8.75, 0, 81.25, 0, 0, 0);
create table facts.fct_lot_draws_daily as
select workspace_id, usage_date, 'lot1' as lot_id, 'lot' as draw_kind, consumed as credits,
    cast(0.05 as decimal(24, 12)) as unit_price, 'USD' as currency
from facts.fct_credit_balance_daily;
create table facts.fct_ledger_warnings (
    workspace_id text, entry_id text, lot_id text, warning text, credits decimal(38, 6), detail text,
    counted_on date
);

create table forecast.usage_spikes (
    workspace_id text, usage_date date, scope text, credits decimal(38, 6), usual decimal(38, 6), cause text
);
insert into forecast.usage_spikes values
    ('w1', '2026-03-31', 'day', 8.75, 3, 'member m2: 5 of 6 credits above usual'),
    ('w1', '2026-03-31', 'event', 5, 0, 'event native e2: 5 credits, 0 would be the P99 of the others');
create table forecast.credit_depletion (
    workspace_id text, as_of date, forecast_status text, burn_rate_7d_credits decimal(38, 6),
    burn_rate_7d_days bigint, burn_rate_30d_credits decimal(38, 6), burn_rate_30d_days bigint, pace_date date,
    credits_remaining decimal(38, 6), depletes_on_p025 date, depletes_on_p5 date, depletes_on_p10 date,
    depletes_on_p50 date, depletes_on_p90 date, depletes_on_p975 date, buy_by date, next_grant_on date,
    chance_empty_before_grant decimal(5, 4), credits_to_buy decimal(38, 6)
);
insert into forecast.credit_depletion values
    ('w1', '2026-03-31', 'ok', 18.75, 2, 18.75, 2, '2026-04-09', 81.25, '2026-04-02', '2026-04-03',
        '2026-04-03', '2026-04-09', '2026-05-01', null, '2026-03-31', '2026-04-20', 0.85, 100),
    ('w2', '2026-03-31', 'no_ledger', 3, 1, 3, 1, null,
        null, null, null, null, null, null, null, null, null, null, null);
create table forecast.deciding_charges (
    workspace_id text, as_of date, source text, event_id text, usage_date date, credits decimal(38, 6),
    status_without text, credits_remaining_without decimal(38, 6), empty_on_without date
);
create table forecast.depletion_paths (
    workspace_id text, forecast_date date, balance_p10 decimal(38, 6), balance_p25 decimal(38, 6),
    balance_p50 decimal(38, 6), balance_p75 decimal(38, 6), balance_p90 decimal(38, 6)
);
insert into forecast.depletion_paths values
    ('w1', '2026-03-31', 81.25, 81.25, 81.25, 81.25, 81.25), ('w1', '2026-04-01', 0, 50, 70, 71, 81.25);
create table forecast.forecast_scores (
    workspace_id text, as_of date, kind text, judged_after_days bigint, true_days bigint, p50_days bigint,
    pace_days bigint, is_covered_80 boolean, is_covered_95 boolean, error_days bigint, pace_error_days bigint
);
insert into forecast.forecast_scores values
    ('w1', '2026-03-17', 'replayed', 14, 9, 7, 14, true, true, 2, 5);
create table forecast.models (model text, version text, promoted boolean);
insert into forecast.models values ('depletion_range', 'a', true), ('depletion_range', 'b', false);

create table waste.version_changes (
    workspace_id text, generation_type text, version_kind text, version_id text, previous_id text,
    changed_on date, attempts_before bigint, attempts_after bigint, regenerations_before bigint,
    regenerations_after bigint, first_pass_scored_before bigint, first_pass_scored_after bigint,
    regeneration_rate_before decimal(38, 6), regeneration_rate_after decimal(38, 6),
    regeneration_rate_difference decimal(38, 6), regeneration_rate_difference_low decimal(38, 6),
    regeneration_rate_difference_high decimal(38, 6),
    first_pass_quality_score_before decimal(38, 6), first_pass_quality_score_after decimal(38, 6),
    first_pass_quality_score_difference decimal(38, 6), first_pass_quality_score_difference_low decimal(38, 6),
    first_pass_quality_score_difference_high decimal(38, 6)
);
insert into waste.version_changes values
    ('w1', 'description', 'ruleset', 'r2', 'r1', '2026-03-31', 1, 2, 0, 1, 1, 1,
        0, 0.5, 0.5, -1, 1, 0.7, 0.8, 0.1, -0.05, 0.25),
    ('w1', 'description', 'template', 't2', 't1', '2026-03-31', 1, 2, 0, 1, 1, 0,
        0, 0.5, 0.5, -1, 1, 0.7, null, null, null, null);

create table waste.models (model text, version text, promoted boolean, refused text);
insert into waste.models values
    ('waste_rule', 'a', false, null), ('waste_logistic', 'a', false, null), ('waste_boosting', 'a', true, null);
create table waste.probabilities (row_id bigint, waste_probability decimal(7, 6), model_used text);
insert into waste.probabilities values
    (1, 0, 'boosting'), (2, 0.5, 'boosting'), (3, 0.4, 'boosting'), (7, 1, 'boosting');
create table waste.pending_waste (
    workspace_id text, period text, expected_credits decimal(38, 6), low_credits decimal(38, 6),
    high_credits decimal(38, 6)
);
insert into waste.pending_waste values
    ('w1', '7d', 1, 0, 2.5), ('w1', '30d', 1, 0, 2.5), ('w1', '90d', 1, 0, 2.500002),
    ('w1', 'month_to_date', 1, 0, 2.5);
create table dimensions.dim_periods as
select workspaces.workspace_id, windows.*
from (values ('w1'), ('w2')) as workspaces(workspace_id)
cross join (
    values
        ('7d', date '2026-03-25', date '2026-03-31'),
        ('30d', date '2026-03-02', date '2026-03-31'),
        ('90d', date '2026-01-01', date '2026-03-31'),
        ('month_to_date', date '2026-03-01', date '2026-03-31'),
        ('last_month', date '2026-02-01', date '2026-02-28')
) as windows(period, window_start_date, window_end_date);
create table waste.suggestions (
    workspace_id text, suggestion_rank bigint, segment_kind text, ruleset_id text, template_id text,
    product_category text, member_id text, model text, workflow text, generation_type text, waste_reason text, generation_count bigint,
    wasted_generation_count bigint, evidence_count bigint, affected_count bigint, elsewhere_count bigint,
    elsewhere_affected_count bigint, credits decimal(38, 6), wasted_credits decimal(38, 6),
    potential_saving_credits_low decimal(38, 6), potential_saving_credits_mid decimal(38, 6),
    potential_saving_credits_high decimal(38, 6), evidence_from date, evidence_to date
);
insert into waste.suggestions values
    ('w1', 1, 'ruleset', 'r2', null, null, null, null, null, 'description', 'failed_generation', 3, 1, 3, 1, 1, 0,
        8.75, 1.25, 1, 1.25, 1.25, '2026-01-01', '2026-03-31'),
    ('w1', 2, 'template', null, 't2', null, null, null, null, null, 'failed_generation', 3, 1, 3, 1, 1, 0,
        8.75, 1.25, 0, 1, 1.2, '2026-01-01', '2026-03-31'),
    ('w1', 3, 'category_type', null, null, 'Shoes', null, null, null, 'description', 'excess_regeneration', 4, 1, 2, 0, 0, 0,
        18.75, 1.25, 0, 1, 1.1, '2026-01-01', '2026-03-31'),
    ('w1', 4, 'member_type', null, null, null, 'm1', null, null, null, 'failed_generation', 2, 1, 2, 1, 1, 0,
        11.25, 1.25, 0, 0, 0, '2026-01-01', '2026-03-31');

create table marts.credit_summary as
select workspace_id, period, date '2026-03-31' as as_of, cast(sum(credits) as decimal(38, 6)) as credits_used,
    cast(sum(generation_count) as bigint) as generation_count,
    cast(sum(used_credits) as decimal(38, 6)) as used_credits,
    cast(sum(iterated_credits) as decimal(38, 6)) as iterated_credits,
    cast(sum(wasted_credits) as decimal(38, 6)) as wasted_credits,
    cast(sum(pending_credits) as decimal(38, 6)) as pending_credits,
    cast(sum(untracked_credits) as decimal(38, 6)) as untracked_credits,
    cast(sum(refunded_credits) as decimal(38, 6)) as refunded_credits,
    cast(0 as decimal(38, 6)) as expected_pending_waste_credits_low,
    cast(case workspace_id when 'w1' then 1 else 0 end as decimal(38, 6)) as expected_pending_waste_credits,
    cast(case workspace_id when 'w1' then 2.5 else 0 end as decimal(38, 6))
        as expected_pending_waste_credits_high,
    cast(case workspace_id when 'w1' then 81.25 end as decimal(38, 6)) as credits_remaining,
    cast(case workspace_id when 'w1' then sum(credits) * 0.05 end as decimal(38, 18)) as cost,
    cast(case workspace_id when 'w1' then 0 else sum(credits) end as decimal(38, 6)) as unpriced_credits,
    cast(case workspace_id when 'w1' then sum(wasted_credits) * 0.05 end as decimal(38, 18)) as wasted_cost,
    cast(case workspace_id when 'w1' then 2 else 1 end as bigint) as burn_rate_days
from facts.fct_usage_daily
cross join (values ('7d'), ('30d'), ('90d'), ('month_to_date')) as periods(period)
group by workspace_id, period;
-- nothing was used in February
insert into marts.credit_summary by name
select workspace_id, 'last_month' as period, date '2026-03-31' as as_of, 0 as credits_used, 0 as generation_count,
    0 as used_credits, 0 as iterated_credits, 0 as wasted_credits, 0 as pending_credits, 0 as untracked_credits,
    0 as refunded_credits, 0 as expected_pending_waste_credits_low, 0 as expected_pending_waste_credits,
    0 as expected_pending_waste_credits_high, 0 as unpriced_credits
from (values ('w1'), ('w2')) as workspaces(workspace_id);
create table marts.depletion_forecast as select * from forecast.credit_depletion;
create table marts.usage_by_member as
select workspace_id, period, cast(credits_used * share as decimal(38, 6)) as credits,
    cast(share as decimal(38, 12)) as credit_share, cast(cost * share as decimal(38, 18)) as cost,
    cast(unpriced_credits * share as decimal(38, 6)) as unpriced_credits
from marts.credit_summary
cross join (values (0.6), (0.4)) as members(share);
create table marts.usage_by_category as
select workspace_id, period, credits_used as credits, cast(1 as decimal(38, 12)) as credit_share, cost,
    unpriced_credits
from marts.credit_summary;
create table marts.usage_by_generation_type as select * from marts.usage_by_category;
create table marts.usage_by_team as select * from marts.usage_by_category;
create table facts.fct_generation_tags as
select workspace_id, usage_date, 'team' as tag_key from facts.fct_generations;
create table marts.usage_by_tag as
select workspace_id, period, 'team' as tag_key, value as tag_value, cast(credits_used * share as decimal(38, 6)) as credits,
    cast(share as decimal(38, 12)) as credit_share, cast(wasted_credits * share as decimal(38, 6)) as wasted_credits,
    cast(case value when 'a' then generation_count else 0 end as bigint) as generation_count
from marts.credit_summary
cross join (values ('a', 0.6), ('(none)', 0.4)) as tags(value, share);
create table marts.usage_daily as
select *, cast(case workspace_id when 'w1' then credits * 0.05 end as decimal(38, 18)) as cost,
    cast(case workspace_id when 'w1' then 0 else credits end as decimal(38, 6)) as unpriced_credits
from facts.fct_usage_daily;
create table marts.lot_draws as
select *, cast(credits * unit_price as decimal(38, 18)) as cost from facts.fct_lot_draws_daily;
create table marts.chargeback_monthly as
select workspace_id, sum(credits) as credits, sum(unpriced_credits) as unpriced_credits
from marts.usage_daily group by workspace_id;
create schema journal;
create table journal.chargeback as select date '2026-04-01' as as_of where false;
create table marts.purchases as select * from facts.fct_credit_entries where entry_type = 'purchase';
create table marts.unit_costs as
select workspace_id, period, scope, credits_used - unpriced_credits as priced_credits, unpriced_credits
from marts.credit_summary
cross join (values ('workspace'), ('member'), ('team'), ('product_category'), ('generation_type')) as scopes(scope);
create table marts.period_changes as
select workspace_id, period, scope, credits_used as credits, credits_used as credits_change,
    credits_used as contribution
from marts.credit_summary
cross join (values ('workspace'), ('member')) as scopes(scope);
create table marts.waste_by_reason as
select workspace_id, period, wasted_credits, wasted_cost as cost from marts.credit_summary where wasted_credits > 0;
create table marts.generation_details as select workspace_id, usage_date from facts.fct_generations;
create table marts.credit_lots as select * from facts.fct_credit_lots;
create table marts.credit_balance_daily as select * from facts.fct_credit_balance_daily;
create table marts.depletion_paths as select * from forecast.depletion_paths;
create table marts.usage_spikes as select * from forecast.usage_spikes;
create table marts.waste_suggestions as select * from waste.suggestions;
create table marts.ruleset_changes as select * from waste.version_changes where version_kind = 'ruleset';
create table marts.template_changes as select * from waste.version_changes where version_kind = 'template';
create table facts.fct_reconciliation as
select 'native' as source, '(all)' as workspace_id, '(all)' as model, 'amount' as unit, 'USD' as currency,
    date '2026-03-31' as first_day, date '2026-03-31' as last_day, cast(200 as decimal(38, 12)) as theirs,
    cast(201 as decimal(38, 12)) as ours, cast(1 as decimal(38, 12)) as difference,
    cast(0 as decimal(38, 12)) as explained, true as is_complete, cast(1 as bigint) as cost_currency_count;
create table marts.reconciliation as select * from facts.fct_reconciliation;
create table staging.stg_budgets as
select 'w1' as workspace_id, 'b1' as budget_id, 'workspace' as scope, cast(null as text) as scope_id,
    cast(null as date) as starts_on, cast(null as date) as ends_on, true as is_newest;
create table dimensions.dim_budget_periods as
select 'w1' as workspace_id, 'b1' as budget_id, date '2026-03-01' as period_start, true as is_open;
create table forecast.budget_forecast as
select 'w1' as workspace_id, 'b1' as budget_id, date '2026-03-01' as period_start, 'ok' as forecast_status,
    cast(0 as decimal(38, 6)) as to_come_p10, cast(1 as decimal(38, 6)) as to_come_p50,
    cast(2 as decimal(38, 6)) as to_come_p90, cast(0.6 as decimal(5, 4)) as chance_to_exceed,
    date '2026-04-02' as exceeds_on, date '2026-04-01' as exceeds_on_p10, cast(null as date) as exceeds_on_p90;
create table marts.budget_status as
select 'w1' as workspace_id, 'b1' as budget_id, date '2026-03-01' as period_start,
    date '2026-03-01' as counted_from, date '2026-03-31' as counted_to, 'workspace' as scope,
    '(all)' as scope_id, 'month' as budget_period, 'credits' as unit, cast(null as text) as currency,
    true as is_open, (
        select cast(sum(credits) as decimal(38, 18)) from marts.usage_daily where workspace_id = 'w1'
    ) as used, date '2026-03-31' as last_used_on, cast(0 as decimal(38, 6)) as unpriced_credits,
    cast(0 as decimal(38, 6)) as other_currency_credits;
