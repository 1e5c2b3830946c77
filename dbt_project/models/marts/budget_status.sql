{%- set key = ['workspace_id', 'budget_id', 'period_start'] %}

with periods as (
    select periods.*
    from {{ ref('dim_budget_periods') }} as periods
    inner join {{ ref('dim_reporting_workspaces') }} as workspaces
        on periods.workspace_id = workspaces.workspace_id
    where periods.is_open or periods.counted_to >= workspaces.first_usage_date
),

usage as (select * from {{ ref('fct_budget_usage_daily') }}),

costs as (select * from {{ ref('int_budget_cost_daily') }}),

days as (
    select
        {{ prefixed('periods', key) }},
        usage.usage_date,
        periods.budget,
        case
            when periods.unit = 'credits' then cast(usage.credits as decimal(38, 18))
            else coalesce(costs.cost, 0)
        end as used,
        costs.unpriced_credits,
        costs.other_currency_credits
    from periods
    inner join usage
        on
            periods.workspace_id = usage.workspace_id
            and periods.budget_id = usage.budget_id
            and periods.counted_from <= usage.usage_date
            and periods.counted_to >= usage.usage_date
    left join costs
        on
            usage.workspace_id = costs.workspace_id
            and usage.budget_id = costs.budget_id
            and usage.usage_date = costs.usage_date
),

running as (
    select
        *,
        sum(used) over (
            partition by {{ key | join(', ') }}
            order by usage_date
            rows between unbounded preceding and current row
        ) as used_by_then
    from days
),

summed as (
    select
        {{ key | join(', ') }},
        cast(sum(used) as decimal(38, 18)) as used,
        cast(sum(unpriced_credits) as decimal(38, 6)) as unpriced_credits,
        cast(sum(other_currency_credits) as decimal(38, 6)) as other_currency_credits,
        min(case when used_by_then > budget then usage_date end) as exceeded_on
    from running
    group by {{ key | join(', ') }}
),

last_used as (
    select
        workspace_id,
        budget_id,
        max(usage_date) as last_used_on
    from usage
    group by workspace_id, budget_id
),

reported as (
    select
        periods.*,
        coalesce(summed.used, cast(0 as decimal(38, 18))) as used,
        coalesce(summed.unpriced_credits, 0) as unpriced_credits,
        coalesce(summed.other_currency_credits, 0) as other_currency_credits,
        summed.exceeded_on,
        last_used.last_used_on,
        coalesce(members.member_name, periods.scope_id) as scope_name,
        forecast.forecast_status,
        forecast.to_come_p10,
        forecast.to_come_p50,
        forecast.to_come_p90,
        forecast.chance_to_exceed,
        forecast.exceeds_on,
        forecast.exceeds_on_p10,
        forecast.exceeds_on_p90,
        forecast.history_days,
        summed.exceeded_on is not null as is_exceeded
    from periods
    left join summed
        on
            periods.workspace_id = summed.workspace_id
            and periods.budget_id = summed.budget_id
            and periods.period_start = summed.period_start
    left join last_used
        on
            periods.workspace_id = last_used.workspace_id
            and periods.budget_id = last_used.budget_id
    left join {{ ref('dim_members') }} as members
        on
            periods.workspace_id = members.workspace_id
            and periods.scope = 'member'
            and periods.scope_id = members.member_id
    left join {{ ref('stg_forecast__budget_forecast') }} as forecast
        on
            periods.workspace_id = forecast.workspace_id
            and periods.budget_id = forecast.budget_id
            and periods.period_start = forecast.period_start
)

select
    workspace_id,
    budget_id,
    period_start,
    {{ as_of() }} as as_of,
    scope,
    scope_id,
    scope_name,
    budget_period,
    period_end,
    counted_from,
    counted_to,
    is_open,
    unit,
    currency,
    budget,
    used,
    case
        when used < 10000000000000
            then
                {{ exact_ratio(
                    'cast(used as decimal(38, 12))', 'budget', decimals=12
                ) }}
    end as used_share,
    paced,
    cast(counted_days as bigint) as counted_days,
    cast(elapsed_days as bigint) as elapsed_days,
    cast(unpriced_credits as decimal(38, 6)) as unpriced_credits,
    cast(other_currency_credits as decimal(38, 6)) as other_currency_credits,
    {%- for level in ('p10', 'p50', 'p90') %}
    cast(cast(used as decimal(38, 6)) + to_come_{{ level }} as decimal(38, 6))
        as expected_{{ level }},
    {%- endfor %}
    case
        when is_exceeded and is_open then cast(1 as decimal(5, 4))
        else chance_to_exceed
    end as chance_to_exceed,
    {%- for day in ('exceeds_on', 'exceeds_on_p10', 'exceeds_on_p90') %}
    case when not is_exceeded then {{ day }} end as {{ day }},
    {%- endfor %}
    exceeded_on,
    case
        when is_exceeded then 'exceeded'
        when not is_open then 'kept'
        when forecast_status <> 'ok' then forecast_status
        when chance_to_exceed >= 0.5 then 'likely_to_exceed'
        else 'on_track'
    end as status,
    last_used_on,
    history_days
from reported
