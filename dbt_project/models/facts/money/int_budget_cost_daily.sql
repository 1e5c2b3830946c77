{{ config(materialized='ephemeral') }}

with budgets as (
    select
        workspace_id,
        budget_id,
        scope,
        scope_id,
        currency,
        min(counted_from) as read_from
    from {{ ref('dim_budget_periods') }}
    where unit = 'amount'
    group by workspace_id, budget_id, scope, scope_id, currency
),

in_scope as (
    select
        budgets.workspace_id,
        budgets.budget_id,
        budgets.currency as budget_currency,
        costs.usage_date,
        costs.is_priced,
        costs.currency,
        costs.all_credits as credits,
        costs.all_cost as cost
    from {{ ref('fct_cost_daily') }} as costs
    {{ joined_teams('costs') }}
    inner join budgets
        on
            {{ is_in_budget('costs') }}
    union all
    select
        budgets.workspace_id,
        budgets.budget_id,
        budgets.currency as budget_currency,
        tags.usage_date,
        draws.unit_price is not null as is_priced,
        draws.currency,
        draws.credits,
        draws.cost
    from {{ ref('fct_generation_tags') }} as tags
    inner join budgets
        on
            {{ is_tagged_for_budget() }}
    inner join {{ ref('fct_lot_draws') }} as draws
        on tags.usage_date = draws.usage_date and tags.row_id = draws.row_id
),

-- free credits are of every currency, and have a price
compared as (
    select
        *,
        is_priced and coalesce(upper(currency), budget_currency) = budget_currency
            as is_counted
    from in_scope
)

select
    workspace_id,
    budget_id,
    usage_date,
    cast(sum(case when is_counted then cost else 0 end) as decimal(38, 18)) as cost,
    cast(sum(case when is_priced then 0 else credits end) as decimal(38, 6))
        as unpriced_credits,
    cast(
        sum(case when is_priced and not is_counted then credits else 0 end)
        as decimal(38, 6)
    ) as other_currency_credits
from compared
group by workspace_id, budget_id, usage_date
