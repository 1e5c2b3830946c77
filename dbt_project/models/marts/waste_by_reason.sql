with generations as (
    select * from {{ ref('fct_generations') }}
    where disposition = 'wasted'
),

periods as (select * from {{ ref('dim_periods') }}),

totals as (
    select * from {{ ref('fct_usage_by_scope') }}
    where scope = 'workspace'
),

wasted as (
    select
        generations.workspace_id,
        periods.period,
        generations.waste_reason,
        cast(sum(generations.credits) as decimal(38, 6)) as wasted_credits,
        cast(count(*) as bigint) as generation_count
    from generations
    inner join periods on generations.usage_date >= periods.window_start_date
    group by generations.workspace_id, periods.period, generations.waste_reason
)

select
    wasted.workspace_id,
    wasted.period,
    wasted.waste_reason,
    wasted.wasted_credits,
    wasted.generation_count,
    {{ exact_ratio('wasted.wasted_credits', 'totals.credits') }} as share_of_credits
from wasted
inner join totals
    on wasted.workspace_id = totals.workspace_id and wasted.period = totals.period
