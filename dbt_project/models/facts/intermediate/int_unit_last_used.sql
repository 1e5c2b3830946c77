{%- set this_month, last_month = month_starts()[:2] %}
{%- set is_in_last_month -%}
    usage_date >= {{ as_of(last_month) }} and usage_date < {{ as_of(this_month) }}
{%- endset %}
{%- set days = {
    'used': 'true',
    'attempted': 'is_first_variant',
    'regenerated': 'is_first_variant and attempt_number >= 2',
} %}

with used as (
    select
        generations.workspace_id,
        generations.member_id,
        coalesce(teams.team, {{ no_team() }}) as team,
        product_category,
        generation_type,
        product_id,
        locale,
        {%- for kind, is_of in days.items() %}
        max(case when {{ is_of }} then usage_date end) as {{ kind }}_on,
        coalesce(max({{ is_of }} and {{ is_in_last_month }}), false)
            as is_{{ kind }}_last_month
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('int_generations_classified') }} as generations
    {{ joined_teams('generations') }}
    where usage_date >= {{ first_reported_day() }} and product_id is not null
    group by
        generations.workspace_id,
        generations.member_id,
        coalesce(teams.team, {{ no_team() }}),
        product_category,
        generation_type,
        product_id,
        locale
)

select
    used.workspace_id,
    member_id,
    team,
    product_category,
    generation_type,
    {{ unit_key(['used.workspace_id', 'product_id']) }} as product_key,
    {{ unit_key(prefixed('used', unit_columns()).split(', ')) }} as unit_key
    {%- for kind in days %},
    {{ segment_start(kind ~ '_on') }} as {{ kind }}_on,
    is_{{ kind }}_last_month
    {%- endfor %}
from used
left join {{ ref('dim_billing_periods') }} as billing
    on used.workspace_id = billing.workspace_id
