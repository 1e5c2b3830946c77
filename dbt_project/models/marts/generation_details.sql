{{ config(materialized='view', meta={'tested_rows': 'changed_days'}) }}

-- only read where there are tags: depends_on: {{ ref('fct_generation_tags') }}
{%- set tag_keys = var('tag_keys') %}

with generations as (
    select * from {{ ref('fct_generations') }}
    where usage_date > {{ as_of(var('detail_days')) }}
),

draws as (
    select * from {{ ref('stg_facts__lot_draws_daily') }}
    where usage_date > {{ as_of(var('detail_days')) }}
),

-- what several lots paid for
split as (
    select
        split_draws.row_id,
        cast(
            case
                when coalesce(min(draws.currency) = max(draws.currency), true)
                    then sum({{ cost_of('split_draws.credits', 'draws.unit_price') }})
            end as decimal(38, 18)
        ) as cost,
        case when min(draws.currency) = max(draws.currency) then min(draws.currency) end
            as currency,
        cast(
            sum(case when draws.unit_price is null then split_draws.credits else 0 end)
            as decimal(38, 6)
        ) as unpriced_credits
    from {{ ref('int_split_draws') }} as split_draws
    inner join draws
        on
            split_draws.workspace_id = draws.workspace_id
            and split_draws.usage_date = draws.usage_date
            and split_draws.draw_number = draws.draw_number
    where split_draws.usage_date > {{ as_of(var('detail_days')) }}
    group by split_draws.row_id
){% if tag_keys %},

tags as (
    select
        row_id,
        {%- for key in tag_keys %}
        max(case when tag_key = '{{ key }}' then tag_value end)
            as {{ tag_columns()[loop.index0] }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('fct_generation_tags') }}
    where usage_date > {{ as_of(var('detail_days')) }}
    group by row_id
){% endif %}

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
    generations.provider_currency,
    case
        when generations.credits > 0
            then coalesce(
                {{ cost_of('generations.credits', 'whole.unit_price') }}, split.cost
            )
    end as cost,
    case when generations.credits > 0 then coalesce(whole.currency, split.currency) end
        as currency,
    case
        when whole.unit_price is not null then cast(0 as decimal(38, 6))
        else cast(
            coalesce(split.unpriced_credits, generations.credits) as decimal(38, 6)
        )
    end as unpriced_credits,
    coalesce(teams.team, {{ no_team() }}) as team,
    {{ tags_text('tags') }} as tags
from generations
{{ joined_teams('generations') }}
{%- if tag_keys %}
left join tags on generations.row_id = tags.row_id
{%- endif %}
left join draws as whole
    on
        generations.workspace_id = whole.workspace_id
        and generations.usage_date = whole.usage_date
        and whole.draw_count = 1
left join split on generations.row_id = split.row_id
left join {{ ref('stg_waste__probabilities') }} as probabilities
    on generations.row_id = probabilities.row_id
