{{ config(
    materialized='incremental',
    incremental_strategy='append',
    partition_by='usage_date',
    pre_hook="{{ remove_rows(is_reclassified(ref('int_changed_generations'))) }}"
) }}

-- the pre-hook reads it: depends_on: {{ ref('int_changed_generations') }}
with generations as (select * from {{ ref('int_generations_reported') }}),

products as (select * from {{ ref('dim_products') }}),

attempts as (select * from {{ ref('int_attempts_numbered') }}),

current_outcomes as (select * from {{ ref('int_outcomes_latest') }}),

-- a succeeded generation without an attempt number is the only attempt of its unit
joined as (
    select
        generations.*,
        coalesce(
            generations.product_category, products.product_category, '(uncategorised)'
        ) as category,
        {%- for column, of_only_attempt in {
            'episode_number': '1',
            'attempt_number': '1',
            'attempt_count': '1',
            'used_count': 'case when current_outcomes.is_used then 1 else 0 end',
            'last_usage_date': 'generations.usage_date',
        }.items() %}
        case
            when generations.status = 'succeeded'
                then coalesce(attempts.{{ column }}, {{ of_only_attempt }})
        end as {{ column }},
        {%- endfor %}
        current_outcomes.current_outcome,
        current_outcomes.outcome_at,
        current_outcomes.decided_at,
        current_outcomes.row_id is not null as has_outcome,
        coalesce(current_outcomes.is_used, false) as is_used,
        coalesce(current_outcomes.is_rejected, false) as is_rejected,
        generations.status <> 'succeeded' as is_failed
    from generations
    left join products
        on
            generations.workspace_id = products.workspace_id
            and generations.product_id = products.product_id
    left join attempts on generations.row_id = attempts.row_id
    left join current_outcomes on generations.row_id = current_outcomes.row_id
),

with_neighbours as (
    select
        joined.*,
        coalesce(
            attempt_number < attempt_count
            or used_count > case when is_used then 1 else 0 end,
            false
        ) as is_thrown_away
    from joined
),

flagged as (
    select
        with_neighbours.*,
        coalesce(
            is_thrown_away
            and attempt_number >= 2
            and attempt_count >= {{ var('excess_attempts') }},
            false
        ) as is_excess_regeneration,
        coalesce(
            is_thrown_away
            and attempt_number = 1
            and quality_score < {{ var('low_quality_score') }},
            false
        ) as is_low_quality_draft
    from with_neighbours
)

select
    row_id,
    source,
    event_id,
    workspace_id,
    member_id,
    product_id,
    generation_type,
    locale,
    category as product_category,
    status,
    ruleset_id,
    template_id,
    model,
    provider,
    cast(episode_number as bigint) as episode_number,
    cast(attempt_number as bigint) as attempt_number,
    cast(attempt_count as bigint) as attempt_count,
    cast(used_count as bigint) as episode_used_count,
    last_usage_date as episode_last_usage_date,
    current_outcome,
    has_outcome,
    -- the settled rules of seeds/disposition_rules.csv in their order: first match wins
    case
        when is_failed then 'failed_generation'
        when is_rejected then 'rejected_content'
        when is_used then 'used'
        when is_excess_regeneration then 'excess_regeneration'
        when is_low_quality_draft then 'low_quality_draft'
        when is_thrown_away then 'iterated'
    end as settled_rule,
    is_excess_regeneration,
    is_low_quality_draft,
    credits,
    quality_score,
    input_tokens,
    output_tokens,
    latency_ms,
    occurred_at,
    outcome_at,
    decided_at,
    usage_date,
    batch_id
from flagged
