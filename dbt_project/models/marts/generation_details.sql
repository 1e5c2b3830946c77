{{ config(materialized='view') }}

with generations as (
    select * from {{ ref('fct_generations') }}
    where usage_date > {{ as_of(var('detail_days')) }}
)

select
    source,
    event_id,
    workspace_id,
    member_id,
    product_id,
    generation_type,
    locale,
    product_category,
    ruleset_id,
    template_id,
    model,
    provider,
    status,
    unit_id,
    episode_id,
    attempt_number,
    attempt_count,
    is_regeneration,
    current_outcome,
    disposition,
    waste_reason,
    is_failed,
    is_rejected,
    is_excess_regeneration,
    is_low_quality_draft,
    is_unused,
    credits,
    quality_score,
    input_tokens,
    output_tokens,
    latency_ms,
    occurred_at,
    usage_date
from generations
