{{ config(materialized='view') }}

with classified as (
    select
        generations.*,
        case
            when generations.product_id is not null
                then {{ stable_id(
                    prefixed('generations', unit_columns()).split(', ')
                ) }}
        end as unit_id,
        generations.status <> 'succeeded' as is_failed,
        coalesce({{ is_rejection('generations.current_outcome') }}, false)
            as is_rejected,
        coalesce({{ is_use('generations.current_outcome') }}, false) as is_used,
        workspaces.is_outcome_tracked,
        generations.usage_date > {{ as_of(var('maturity_days')) }} as is_young,
        unused_fields.workspace_id is not null
        and generations.product_id is not null as is_unneeded_field
    from {{ ref('int_generations_classified') }} as generations
    inner join {{ ref('dim_reporting_workspaces') }} as workspaces
        on generations.workspace_id = workspaces.workspace_id
    left join {{ ref('int_unused_fields') }} as unused_fields
        on
            generations.workspace_id = unused_fields.workspace_id
            and generations.product_category = unused_fields.product_category
            and generations.generation_type = unused_fields.generation_type
),

-- what the unit leaves open depends on as_of and on the workspace's use of such content
decided as (
    select
        classified.*,
        coalesce(
            settled_rule,
            {{ pending_disposition_rule(
                'is_outcome_tracked', 'usage_date', 'is_unneeded_field'
            ) }}
        ) as disposition_rule
    from classified
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
    unit_id,
    case
        when episode_number is not null
            then concat(unit_id, '-', cast(episode_number as string))
    end as episode_id,
    product_category,
    status,
    ruleset_id,
    template_id,
    workflow,
    model,
    provider,
    attempt_number,
    attempt_count,
    variant_number,
    variant_count,
    coalesce(attempt_number >= 2, false) as is_regeneration,
    current_outcome,
    disposition_rule,
    rules.disposition,
    case when rules.disposition = 'wasted' then rules.waste_reason end as waste_reason,
    is_failed,
    is_rejected,
    is_excess_regeneration,
    is_low_quality_draft,
    not is_failed and not is_used and is_outcome_tracked and not is_young as is_unused,
    credits,
    partly_refunded_credits,
    quality_score,
    input_tokens,
    output_tokens,
    latency_ms,
    provider_cost,
    provider_currency,
    occurred_at,
    outcome_at,
    usage_date,
    batch_id
from decided
inner join {{ ref('disposition_rules') }} as rules
    on decided.disposition_rule = rules.rule_name
