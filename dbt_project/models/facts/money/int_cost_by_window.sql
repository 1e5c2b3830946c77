{%- set day = segment_start('costs.usage_date') %}

select
    costs.workspace_id,
    costs.member_id,
    coalesce(teams.team, {{ no_team() }}) as team,
    product_category,
    generation_type,
    currency,
    unit_price,
    {{ day }} as window_start_date,
    {%- for part in costed_parts() %}
    cast(sum({{ part }}_credits) as decimal(38, 6)) as {{ part }}_credits
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ ref('fct_cost_daily') }} as costs
left join {{ ref('dim_billing_periods') }} as billing
    on costs.workspace_id = billing.workspace_id
{{ joined_teams('costs') }}
where
    costs.usage_date >= {{ first_reported_day() }}
    and {{ day }} is not null
group by
    costs.workspace_id,
    costs.member_id,
    coalesce(teams.team, {{ no_team() }}),
    product_category,
    generation_type,
    currency,
    unit_price,
    {{ day }}
