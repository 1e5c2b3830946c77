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

refunds as (select * from {{ ref('int_generations_refunded') }}),

current_outcomes as (select * from {{ ref('int_outcomes_latest') }}),

-- what succeeds for a product and is not numbered is the only attempt of its unit
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
            'variant_number': '1',
            'variant_count': '1',
            'is_attempt_used': 'coalesce(current_outcomes.is_used, false)',
            'used_count': 'case when current_outcomes.is_used then 1 else 0 end',
            'last_usage_date': 'generations.usage_date',
            'previous_at': 'null',
            'thrown_away_at': 'null',
            'scored_variant_count': 'case when generations.quality_score is null then 0 else 1 end',
            'quality_steps': score_steps('generations.quality_score'),
        }.items() %}
        case
            when
                generations.status = 'succeeded' and generations.product_id is not null
                then coalesce(attempts.{{ column }}, {{ of_only_attempt }})
        end as {{ column }},
        {%- endfor %}
        current_outcomes.current_outcome,
        current_outcomes.outcome_at,
        current_outcomes.decided_at,
        current_outcomes.overruled_at,
        current_outcomes.row_id is not null as has_outcome,
        coalesce(current_outcomes.is_used, false) as is_used,
        coalesce(current_outcomes.is_rejected, false) as is_rejected,
        generations.status <> 'succeeded' as is_failed,
        coalesce(refunds.refunded_credits, 0) as refunded_credits,
        coalesce(
            generations.credits > 0 and refunds.refunded_credits >= generations.credits,
            false
        ) as is_refunded
    from generations
    left join products
        on
            generations.workspace_id = products.workspace_id
            and generations.product_id = products.product_id
    left join attempts on generations.row_id = attempts.row_id
    left join current_outcomes on generations.row_id = current_outcomes.row_id
    left join refunds on generations.row_id = refunds.row_id
),

with_neighbours as (
    select
        joined.*,
        coalesce(
            attempt_number < attempt_count
            or used_count > case when is_attempt_used then 1 else 0 end,
            false
        ) as is_thrown_away,
        coalesce(is_attempt_used and not is_used, false) as is_unused_variant
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
    unitless_row_id,
    category as product_category,
    status,
    ruleset_id,
    template_id,
    workflow,
    model,
    provider,
    cast(episode_number as bigint) as episode_number,
    cast(attempt_number as bigint) as attempt_number,
    cast(attempt_count as bigint) as attempt_count,
    cast(variant_number as bigint) as variant_number,
    cast(variant_count as bigint) as variant_count,
    -- attempts are counted, not their variants
    coalesce(variant_number = 1, false) as is_first_variant,
    cast(used_count as bigint) as episode_used_count,
    last_usage_date as episode_last_usage_date,
    current_outcome,
    has_outcome,
    -- the settled rules of seeds/disposition_rules.csv in their order: first match wins
    case
        when is_refunded then 'refunded'
        when is_failed then 'failed_generation'
        when is_unused_variant then 'unused_variant'
        when is_rejected then 'rejected_content'
        when is_used then 'used'
        when is_excess_regeneration then 'excess_regeneration'
        when is_low_quality_draft then 'low_quality_draft'
        when is_thrown_away then 'iterated'
        when product_id is null and not has_outcome then 'untracked'
    end as settled_rule,
    is_excess_regeneration,
    is_low_quality_draft,
    credits,
    cast(
        case when is_refunded then 0 else least(refunded_credits, credits) end
        as decimal(18, 6)
    ) as partly_refunded_credits,
    quality_score,
    -- the mean of the scored variants, where the attempt stands
    cast(
        case
            when variant_number = 1 and scored_variant_count > 0
                then {{ attempt_score_parts('quality_steps', 'scored_variant_count') }}
        end
        as decimal(38, 0)
    ) as attempt_quality_parts,
    input_tokens,
    output_tokens,
    latency_ms,
    provider_cost,
    provider_currency,
    occurred_at,
    outcome_at,
    decided_at,
    overruled_at,
    previous_at,
    thrown_away_at,
    usage_date,
    batch_id
from flagged
