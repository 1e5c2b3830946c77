with periods as (select * from {{ ref('dim_periods') }})

select
    periods.workspace_id,
    period,
    {{ scope_kind('member_id', 'team', 'product_category', 'generation_type') }}
        as scope,
    coalesce(member_id, team, product_category, generation_type, '(all)')
        as scope_id,
    currency,
    is_priced,
    {%- for part in costed_parts() %}
    cast(sum({{ part }}_credits) as decimal(38, 6)) as {{ part }}_credits,
    cast(sum({{ part }}_cost) as decimal(38, 18)) as {{ part }}_cost
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ ref('int_cost_by_window') }} as costs
inner join periods
    on
        {{ is_in_period('costs') }}
group by grouping sets (
    (periods.workspace_id, period, currency, is_priced),
    (periods.workspace_id, period, currency, is_priced, member_id),
    (periods.workspace_id, period, currency, is_priced, team),
    (periods.workspace_id, period, currency, is_priced, product_category),
    (periods.workspace_id, period, currency, is_priced, generation_type)
)
