with budgets as (
    select distinct
        workspace_id,
        budget_id,
        unit,
        currency
    from dimensions.dim_budget_periods
),

-- what a credit of the day cost on average, by currency; without a price, nothing
day_credits as (
    select
        workspace_id,
        usage_date,
        cast(sum(credits) as double) as credits
    from facts.fct_lot_draws_daily
    group by workspace_id, usage_date
),

day_costs as (
    select
        draws.workspace_id,
        draws.usage_date,
        upper(draws.currency) as currency,
        sum(cast(draws.credits as double) * cast(draws.unit_price as double)) as cost
    from facts.fct_lot_draws_daily as draws
    where
        draws.unit_price is not null
        and draws.workspace_id in (
            select budgets.workspace_id
            from budgets
            where budgets.unit = 'amount'
        )
    group by draws.workspace_id, draws.usage_date, upper(draws.currency)
),

valued as (
    select
        budgets.workspace_id,
        budgets.budget_id,
        usage.usage_date,
        usage.credits,
        usage.excess_credits,
        case
            when budgets.unit = 'credits' then 1.0
            else coalesce(day_costs.cost / nullif(day_credits.credits, 0), 0.0)
        end as value_each
    from facts.fct_budget_usage_daily as usage
    inner join budgets
        on
            usage.workspace_id = budgets.workspace_id
            and usage.budget_id = budgets.budget_id
    left join day_credits
        on
            usage.workspace_id = day_credits.workspace_id
            and usage.usage_date = day_credits.usage_date
    left join day_costs
        on
            usage.workspace_id = day_costs.workspace_id
            and usage.usage_date = day_costs.usage_date
            and budgets.currency = day_costs.currency
)

select
    workspace_id,
    budget_id,
    usage_date,
    cast(credits as double) * 1000000 * value_each as used_micro,
    cast(excess_credits as double) * 1000000 * value_each as excess_micro
from valued
order by workspace_id, budget_id, usage_date
