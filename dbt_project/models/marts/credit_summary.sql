with workspaces as (select * from {{ ref('dim_reporting_workspaces') }}),

periods as (select * from {{ ref('dim_periods') }}),

usage as (
    select * from {{ ref('fct_usage_by_period') }}
    where scope = 'workspace'
),

most_efficient as (
    select * from {{ ref('usage_by_member') }}
    where is_most_efficient
),

lots as (
    select
        workspace_id,
        sum(allowance) as allowance,
        sum(remaining) as credits_remaining
    from {{ ref('stg_facts__credit_lots') }}
    where is_alive
    group by workspace_id
),

overages as (
    select
        balances.workspace_id,
        periods.period,
        sum(balances.overage) as overage,
        sum(balances.before_ledger) as before_ledger
    from {{ ref('stg_facts__credit_balance_daily') }} as balances
    inner join periods
        on
            {{ is_in_period('balances', day='usage_date') }}
    group by balances.workspace_id, periods.period
),

costs as (
    select * from {{ ref('fct_cost_by_scope') }}
    where scope = 'workspace'
),

-- what refunds of generations gave back, on the days they count
returned as (
    select
        movements.workspace_id,
        periods.period,
        sum(-{{ cost_of('movements.funded', 'movements.unit_price') }})
            as refunded_cost,
        min(movements.currency) as lowest_currency,
        max(movements.currency) as highest_currency
    from {{ ref('stg_facts__lot_movements') }} as movements
    inner join periods
        on
            {{ is_in_period('movements', day='counted_on') }}
    where movements.is_cost_returned
    group by movements.workspace_id, periods.period
),

windows as (
    select
        workspaces.*,
        periods.period,
        periods.window_start_date,
        periods.window_end_date,
        periods.is_last_month,
        -- a workspace younger than the window burns over the days it exists
        case
            when workspaces.first_usage_date > periods.window_end_date then 0
            when workspaces.first_usage_date > periods.window_start_date
                then
                    1 + {{ days_between(
                        'workspaces.first_usage_date', 'periods.window_end_date'
                    ) }}
            else periods.window_days
        end as burn_rate_days
    from workspaces
    inner join periods on workspaces.workspace_id = periods.workspace_id
)

select
    windows.workspace_id,
    windows.period,
    windows.workspace_name,
    windows.timezone,
    {{ as_of() }} as as_of,
    windows.window_start_date,
    windows.last_usage_date,
    cast(coalesce(usage.credits, 0) as decimal(38, 6)) as credits_used,
    case
        when windows.has_credit_entries and not windows.is_last_month
            then cast(coalesce(lots.allowance, 0) as decimal(38, 6))
    end as allowance,
    case
        when windows.has_credit_entries and not windows.is_last_month
            then cast(coalesce(lots.credits_remaining, 0) as decimal(38, 6))
    end as credits_remaining,
    case
        when windows.has_credit_entries
            then cast(coalesce(overages.overage, 0) as decimal(38, 6))
    end as overage,
    case
        when windows.has_credit_entries
            then cast(coalesce(overages.before_ledger, 0) as decimal(38, 6))
    end as before_ledger,
    {{ exact_ratio('coalesce(usage.credits, 0)', 'windows.burn_rate_days') }}
        as burn_rate,
    cast(windows.burn_rate_days as bigint) as burn_rate_days,
    coalesce(usage.generation_count, 0) as generation_count,
    coalesce(usage.attempt_count, 0) as attempt_count,
    coalesce(usage.regeneration_count, 0) as regeneration_count,
    usage.regeneration_rate,
    coalesce(usage.attempted_unit_count, 0) as attempted_unit_count,
    coalesce(usage.regenerated_unit_count, 0) as regenerated_unit_count,
    usage.regenerated_unit_rate,
    coalesce(usage.product_count, 0) as product_count,
    coalesce(usage.member_count, 0) as member_count,
    usage.credits_per_product,
    usage.first_pass_quality_score,
    coalesce(usage.first_pass_scored_count, 0) as first_pass_scored_count,
    coalesce(usage.first_pass_count, 0) as first_pass_count,
    usage.first_pass_yield,
    coalesce(usage.first_pass_episode_count, 0) as first_pass_episode_count,
    coalesce(usage.mature_episode_count, 0) as mature_episode_count,
    {%- for disposition in dispositions() %}
    cast(coalesce(usage.{{ disposition }}_credits, 0) as decimal(38, 6))
        as {{ disposition }}_credits,
    {%- endfor %}
    usage.waste_rate,
    {%- for bound, ending in {'expected': '', 'low': '_low', 'high': '_high'}.items() %}
    -- between nothing and all that is pending, to the last digit
    cast(
        case
            when coalesce(usage.pending_credits, 0) = 0 then 0
            when pending_waste.{{ bound }}_credits > usage.pending_credits
                then usage.pending_credits
            else pending_waste.{{ bound }}_credits
        end
        as decimal(38, 6)
    ) as expected_pending_waste_credits{{ ending }},
    {%- endfor %}
    most_efficient.member_id as most_efficient_member_id,
    cast(coalesce(usage.product_credits, 0) as decimal(38, 6)) as product_credits,
    cast(coalesce(usage.partly_refunded_credits, 0) as decimal(38, 6))
        as partly_refunded_credits,
    costs.cost,
    costs.currency,
    cast(coalesce(costs.unpriced_credits, 0) as decimal(38, 6)) as unpriced_credits,
    costs.wasted_cost,
    windows.window_end_date,
    cast(
        case
            when
                returned.lowest_currency = returned.highest_currency
                and coalesce(costs.currency, returned.lowest_currency)
                = returned.lowest_currency
                then returned.refunded_cost
            when returned.lowest_currency is null and costs.cost is not null
                then coalesce(returned.refunded_cost, 0)
        end as decimal(38, 18)
    ) as refunded_cost
from windows
left join costs
    on windows.workspace_id = costs.workspace_id and windows.period = costs.period
left join returned
    on
        windows.workspace_id = returned.workspace_id
        and windows.period = returned.period
left join usage
    on windows.workspace_id = usage.workspace_id and windows.period = usage.period
left join lots on windows.workspace_id = lots.workspace_id
left join overages
    on
        windows.workspace_id = overages.workspace_id
        and windows.period = overages.period
left join {{ ref('stg_waste__pending_waste') }} as pending_waste
    on
        windows.workspace_id = pending_waste.workspace_id
        and windows.period = pending_waste.period
left join most_efficient
    on
        windows.workspace_id = most_efficient.workspace_id
        and windows.period = most_efficient.period
