{%- set counts = [
    'generation', 'attempt', 'regeneration', 'first_pass', 'first_pass_scored'
] %}
{%- set reasons = settled_waste_reasons() + open_waste_reasons() %}
{%- set day = segment_start('usage.usage_date') %}

select
    usage.workspace_id,
    usage.member_id,
    coalesce(teams.team, {{ no_team() }}) as team,
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
from {{ ref('fct_usage_daily') }} as usage
left join {{ ref('dim_billing_periods') }} as billing
    on usage.workspace_id = billing.workspace_id
{{ joined_teams('usage') }}
where
    usage.usage_date >= {{ first_reported_day() }}
    and {{ day }} is not null
group by
    usage.workspace_id,
    usage.member_id,
    coalesce(teams.team, {{ no_team() }}),
    product_category,
    generation_type,
    {{ day }}
