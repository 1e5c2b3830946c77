with periods as (select * from {{ ref('dim_periods') }}),

totals as (
    select * from {{ ref('fct_usage_by_period') }}
    where scope = 'workspace'
),

reasons as (
    {%- for reason in settled_waste_reasons() + open_waste_reasons() %}
    select
        workspace_id,
        window_start_date,
        '{{ reason }}' as waste_reason,
        {{ reason }}_credits as wasted_credits,
        {{ reason }}_count as generation_count
    from {{ ref('int_usage_by_window') }}
    where {{ reason }}_count > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

wasted as (
    select
        reasons.workspace_id,
        periods.period,
        reasons.waste_reason,
        cast(sum(reasons.wasted_credits) as decimal(38, 6)) as wasted_credits,
        cast(sum(reasons.generation_count) as bigint) as generation_count
    from reasons
    inner join periods on reasons.window_start_date >= periods.window_start_date
    group by reasons.workspace_id, periods.period, reasons.waste_reason
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
