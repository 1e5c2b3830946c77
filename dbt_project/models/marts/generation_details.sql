{{ config(materialized='view') }}

with generations as (
    select * from {{ ref('fct_generations') }}
    where usage_date > {{ as_of(var('detail_days')) }}
)

select
    generations.source,
    generations.event_id,
    generations.workspace_id,
    generations.member_id,
    generations.product_id,
    generations.generation_type,
    generations.locale,
    generations.product_category,
    generations.ruleset_id,
    generations.template_id,
    generations.model,
    generations.provider,
    generations.status,
    generations.unit_id,
    generations.episode_id,
    generations.attempt_number,
    generations.attempt_count,
    generations.is_regeneration,
    generations.current_outcome,
    generations.disposition,
    generations.waste_reason,
    generations.is_failed,
    generations.is_rejected,
    generations.is_excess_regeneration,
    generations.is_low_quality_draft,
    generations.is_unused,
    generations.credits,
    generations.quality_score,
    generations.input_tokens,
    generations.output_tokens,
    generations.latency_ms,
    generations.occurred_at,
    generations.usage_date,
    -- what did not succeed is waste at once
    cast(
        case when generations.is_failed then 1 else probabilities.waste_probability end
        as decimal(7, 6)
    ) as waste_probability,
    case when generations.is_failed then 'status' else probabilities.model_used end
        as model_used,
    generations.variant_number,
    generations.variant_count,
    generations.partly_refunded_credits,
    generations.workflow,
    generations.provider_cost,
    generations.provider_currency
from generations
left join {{ ref('stg_waste__probabilities') }} as probabilities
    on generations.row_id = probabilities.row_id
