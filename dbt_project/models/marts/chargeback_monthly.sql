{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ remove_rows(is_rebooked()) }}"
) }}

{%- set key = [
    'workspace_id', 'month', 'booked_month', 'is_correction', 'team', 'member_id',
    'product_category',
] %}
{%- set sums = {
    'generation_count': 'bigint',
    'credits': 'decimal(38, 6)',
    'unpriced_credits': 'decimal(38, 6)',
    'cost': 'decimal(38, 18)',
    'refunded_credits': 'decimal(38, 6)',
    'refunded_cost': 'decimal(38, 18)',
} %}

with charges as (
    select
        *,
        {{ month_of('usage_date') }} as month
    from {{ ref('chargeback_daily') }}
    where {{ is_rebooked() }}
),

-- free credits and those without a price stand with what has one
in_currency as (
    select
        charges.*,
        coalesce(
            nullif(currency, '(none)'),
            min(nullif(currency, '(none)')) over (partition by {{ key | join(', ') }}),
            '(none)'
        ) as cost_currency
    from charges
)

select
    {{ key[:4] | join(',\n    ') }},
    is_closed,
    max(workspace_name) as workspace_name,
    {{ key[4:6] | join(',\n    ') }},
    max(member_name) as member_name,
    product_category,
    cost_currency as currency,
    {%- for name, type in sums.items() %}
    cast(sum({{ name }}) as {{ type }}) as {{ name }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from in_currency
group by {{ key | join(', ') }}, is_closed, cost_currency
