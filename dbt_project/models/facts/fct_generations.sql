{{ config(materialized='view') }}

with judged as (
    select
        generations.*,
        {{ stable_id(prefixed('generations', unit_columns()).split(', ')) }} as unit_id,
        generations.status <> 'succeeded' as is_failed,
        coalesce({{ is_rejection('generations.current_outcome') }}, false)
            as is_rejected,
        coalesce({{ is_use('generations.current_outcome') }}, false) as is_used,
        workspaces.is_outcome_tracked,
        generations.usage_date > {{ as_of(var('maturity_days')) }} as is_young,
        unneeded_fields.workspace_id is not null as is_unneeded_field
    from {{ ref('fct_judged_generations') }} as generations
    inner join {{ ref('fct_workspaces') }} as workspaces
        on generations.workspace_id = workspaces.workspace_id
    left join {{ ref('fct_unneeded_fields') }} as unneeded_fields
        on
            generations.workspace_id = unneeded_fields.workspace_id
            and generations.product_category = unneeded_fields.product_category
            and generations.generation_type = unneeded_fields.generation_type
),

-- what the unit leaves open, time and the workspace's use of such content decide
decided as (
    select
        judged.*,
        coalesce(
            settled_rule,
            {{ open_rule('is_outcome_tracked', 'usage_date', 'is_unneeded_field') }}
        ) as disposition_rule
    from judged
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
    unit_id,
    case
        when episode_number is not null
            then concat(unit_id, '-', cast(episode_number as string))
    end as episode_id,
    product_category,
    status,
    ruleset_id,
    template_id,
    model,
    provider,
    attempt_number,
    attempt_count,
    coalesce(attempt_number >= 2, false) as is_regeneration,
    current_outcome,
    cast(disposition_rule as bigint) as disposition_rule,
    case
        when disposition_rule = 3 then 'used'
        when disposition_rule = 6 then 'iterated'
        when disposition_rule = 7 then 'untracked'
        when disposition_rule = 8 then 'pending'
        else 'wasted'
    end as disposition,
    case disposition_rule
        when 1 then 'failed_generation'
        when 2 then 'rejected_content'
        when 4 then 'excess_regeneration'
        when 5 then 'low_quality_draft'
        when 9 then 'unneeded_field'
        when 10 then 'unused_content'
    end as waste_reason,
    is_failed,
    is_rejected,
    is_excess_regeneration,
    is_low_quality_draft,
    not is_failed and not is_used and is_outcome_tracked and not is_young as is_unused,
    credits,
    quality_score,
    input_tokens,
    output_tokens,
    latency_ms,
    occurred_at,
    outcome_at,
    usage_date,
    batch_id
from decided
