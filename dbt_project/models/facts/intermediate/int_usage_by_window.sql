{%- set counts = [
    'generation', 'attempt', 'regeneration', 'first_pass', 'first_pass_scored'
] %}
{%- set reasons = settled_waste_reasons() + open_waste_reasons() %}
{%- set day = shortest_window_start('usage_date') %}

select
    workspace_id,
    member_id,
    product_category,
    generation_type,
    {{ day }} as window_start_date,
    {%- for counted in counts + ['used'] + reasons %}
    cast(sum({{ counted }}_count) as bigint) as {{ counted }}_count,
    {%- endfor %}
    {%- for summed in ['product', 'partly_refunded'] + dispositions() + reasons %}
    cast(sum({{ summed }}_credits) as decimal(38, 6)) as {{ summed }}_credits,
    {%- endfor %}
    cast(sum(credits) as decimal(38, 6)) as credits,
    cast(sum(first_pass_quality_parts) as decimal(38, 0)) as first_pass_quality_parts
from {{ ref('fct_usage_daily') }}
where usage_date > {{ as_of(period_days() | max) }}
group by workspace_id, member_id, product_category, generation_type, {{ day }}
