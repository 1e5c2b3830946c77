with calendar as (
    select *
    from (
        values
        {%- for period, first_day, last_day in budget_periods() %}
        (
            '{{ period }}',
            cast('{{ first_day }}' as date),
            cast('{{ last_day }}' as date)
        )
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    ) as periods (budget_period, period_start, period_end)
),

counted as (
    select
        budgets.*,
        calendar.period_start,
        calendar.period_end,
        greatest(
            calendar.period_start, coalesce(budgets.starts_on, calendar.period_start)
        ) as counted_from,
        least(calendar.period_end, coalesce(budgets.ends_on, calendar.period_end))
            as counted_to
    from {{ ref('stg_budgets') }} as budgets
    inner join calendar
        on budgets.budget_period = calendar.budget_period
    where budgets.is_newest
),

measured as (
    select
        *,
        1 + {{ days_between('period_start', 'period_end') }} as period_days,
        1 + {{ days_between('counted_from', 'counted_to') }} as counted_days,
        case
            when counted_to <= {{ as_of() }}
                then 1 + {{ days_between('counted_from', 'counted_to') }}
            else 1 + {{ days_between('counted_from', as_of()) }}
        end as elapsed_days,
        cast(coalesce(amount, credits) as decimal(38, 12)) as of_period
    from counted
    where counted_from <= counted_to and counted_from <= {{ as_of() }}
)

select
    workspace_id,
    budget_id,
    scope,
    case when scope = 'workspace' then '(all)' else scope_id end as scope_id,
    budget_period,
    period_start,
    period_end,
    counted_from,
    counted_to,
    counted_days,
    elapsed_days,
    counted_to >= {{ as_of() }} as is_open,
    case when amount is null then 'credits' else 'amount' end as unit,
    case when amount is not null then upper(currency) end as currency,
    {{ pro_rata('of_period', 'counted_days', 'period_days') }} as budget,
    {{ pro_rata('of_period', 'elapsed_days', 'period_days') }} as paced
from measured
