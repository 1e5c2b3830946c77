with periods as (select * from {{ ref('dim_periods') }}),

-- each segment is summed once, and each period from its segments
segments as (
    select
        workspace_id,
        window_start_date,
        currency,
        unit_price,
        {{ scope_and_id() }}
        {%- for part in costed_parts() %},
        sum({{ part }}_credits) as {{ part }}_credits
        {%- endfor %}
    from {{ ref('int_cost_by_window') }}
    {{ sets_of_scopes(
        ['workspace_id', 'window_start_date', 'currency', 'unit_price']
    ) }}
)

select
    segments.workspace_id,
    periods.period,
    segments.scope,
    segments.scope_id,
    segments.currency,
    segments.unit_price is not null as is_priced
    {%- for part in costed_parts() %},
    cast(sum(segments.{{ part }}_credits) as decimal(38, 6)) as {{ part }}_credits,
    cast(
        sum({{ cost_of('segments.' ~ part ~ '_credits', 'segments.unit_price') }})
        as decimal(38, 18)
    ) as {{ part }}_cost
    {%- endfor %}
from segments
inner join periods
    on
        {{ is_in_period('segments') }}
group by
    segments.workspace_id,
    periods.period,
    segments.scope,
    segments.scope_id,
    segments.currency,
    segments.unit_price is not null
