{{ config(materialized='view') }}
{%- set cell = budget_cell_columns() %}

-- a year of history for the forecast, and every day of the periods reported
with budgets as (
    select
        workspace_id,
        budget_id,
        scope,
        scope_id,
        least(min(counted_from), {{ as_of(364) }}) as read_from
    from {{ ref('dim_budget_periods') }}
    group by workspace_id, budget_id, scope, scope_id
),

usage as (
    select
        {{ cell | join(', ') }},
        credits,
        cast(0 as decimal(38, 6)) as excess_credits
    from {{ ref('int_usage_daily_base') }}
    union all
    select
        {{ cell | join(', ') }},
        cast(0 as decimal(38, 6)) as credits,
        cast(credits - p99_credits as decimal(38, 6)) as excess_credits
    from {{ ref('fct_implausible_charges') }}
),

in_scope as (
    select
        budgets.workspace_id,
        budgets.budget_id,
        usage.usage_date,
        usage.credits,
        usage.excess_credits
    from usage
    {{ joined_teams('usage') }}
    inner join budgets
        on
            {{ is_in_budget('usage') }}
    union all
    select
        budgets.workspace_id,
        budgets.budget_id,
        tags.usage_date,
        cast(generations.credits as decimal(38, 6)) as credits,
        cast(coalesce(charges.credits - charges.p99_credits, 0) as decimal(38, 6))
            as excess_credits
    from {{ ref('fct_generation_tags') }} as tags
    inner join budgets
        on
            {{ is_tagged_for_budget() }}
    inner join {{ ref('int_generations_classified') }} as generations
        on tags.usage_date = generations.usage_date and tags.row_id = generations.row_id
    left join {{ ref('fct_implausible_charges') }} as charges
        on tags.row_id = charges.row_id
)

select
    workspace_id,
    budget_id,
    usage_date,
    cast(sum(credits) as decimal(38, 6)) as credits,
    cast(sum(excess_credits) as decimal(38, 6)) as excess_credits
from in_scope
group by workspace_id, budget_id, usage_date
