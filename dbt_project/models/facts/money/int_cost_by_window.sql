{%- set day = shortest_window_start('usage_date') %}

select
    workspace_id,
    member_id,
    product_category,
    generation_type,
    currency,
    is_priced,
    {{ day }} as window_start_date,
    {%- for part in costed_parts() %}
    cast(sum({{ part }}_credits) as decimal(38, 6)) as {{ part }}_credits,
    cast(sum({{ part }}_cost) as decimal(38, 18)) as {{ part }}_cost
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ ref('fct_cost_daily') }}
where usage_date > {{ as_of(period_days() | max) }}
group by
    workspace_id,
    member_id,
    product_category,
    generation_type,
    currency,
    is_priced,
    {{ day }}
