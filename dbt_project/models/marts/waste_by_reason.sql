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

-- of the draws of each reason
costs as (
    {%- for reason in settled_waste_reasons() + open_waste_reasons() %}
    select
        workspace_id,
        period,
        '{{ reason }}' as waste_reason,
        {{ only_cost(reason) }} as cost,
        {{ only_currency(reason) }} as currency,
        {{ unpriced_credits(reason) }} as unpriced_credits
    from {{ ref('fct_cost_by_period') }}
    where scope = 'workspace' and {{ reason }}_credits > 0
    group by workspace_id, period
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
    inner join periods
        on
            {{ is_in_period('reasons') }}
    group by reasons.workspace_id, periods.period, reasons.waste_reason
)

select
    wasted.workspace_id,
    wasted.period,
    wasted.waste_reason,
    wasted.wasted_credits,
    wasted.generation_count,
    {{ exact_ratio('wasted.wasted_credits', 'totals.credits') }} as share_of_credits,
    costs.cost,
    costs.currency,
    cast(coalesce(costs.unpriced_credits, 0) as decimal(38, 6)) as unpriced_credits
from wasted
inner join totals
    on wasted.workspace_id = totals.workspace_id and wasted.period = totals.period
left join costs
    on
        wasted.workspace_id = costs.workspace_id
        and wasted.period = costs.period
        and wasted.waste_reason = costs.waste_reason
