{{ config(materialized='view', meta={'tested_rows': 'changed_days'}) }}

{%- set cell = cell_columns() %}

with usage as (select * from {{ ref('fct_usage_daily') }}),

draws as (
    select * from {{ ref('stg_facts__lot_draws_daily') }}
    where draw_count = 1
)

select
    usage.workspace_id,
    usage.usage_date,
    usage.member_id,
    usage.product_category,
    usage.generation_type,
    usage.credits,
    usage.generation_count,
    usage.attempt_count,
    usage.regeneration_count,
    usage.used_credits,
    usage.iterated_credits,
    usage.wasted_credits,
    usage.pending_credits,
    usage.untracked_credits,
    usage.refunded_credits,
    usage.partly_refunded_credits,
    case
        when usage.credits > 0
            then coalesce(
                {{ cost_of('usage.credits', 'draws.unit_price') }}, split.cost
            )
    end as cost,
    case when usage.credits > 0 then coalesce(draws.currency, split.currency) end
        as currency,
    case
        when draws.unit_price is not null then cast(0 as decimal(38, 6))
        else coalesce(split.unpriced_credits, usage.credits)
    end as unpriced_credits,
    case
        when usage.credits > 0
            then coalesce(
                {{ cost_of('usage.wasted_credits', 'draws.unit_price') }},
                split.wasted_cost
            )
    end as wasted_cost,
    coalesce(teams.team, {{ no_team() }}) as team
from usage
left join draws
    on
        usage.workspace_id = draws.workspace_id
        and usage.usage_date = draws.usage_date
left join {{ ref('int_split_costs') }} as split
    on {{ same_columns('usage', 'split', cell) }}
{{ joined_teams('usage') }}
