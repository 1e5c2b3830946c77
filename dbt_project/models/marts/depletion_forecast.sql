{%- set told_columns = [
    'depletes_on_p025', 'depletes_on_p5', 'depletes_on_p10', 'depletes_on_p50', 'depletes_on_p90',
    'depletes_on_p975', 'empty_since', 'next_grant_on', 'chance_empty_before_grant', 'buy_by',
    'credits_to_buy', 'recommended_packs', 'packs_price', 'packs_currency', 'expiring_credits',
    'lead_time_days', 'capped_credits', 'calibration_version', 'history_days',
] %}

with newest as (select * from {{ source('forecast', 'credit_depletion') }}),

-- what earlier runs told for earlier days; of several for one day, the last
told as (
    select
        vintages.*,
        row_number() over (
            partition by workspace_id, as_of
            order by published_at desc nulls last
        ) as told_rank
    from {{ source('journal', 'depletion_forecast') }} as vintages
    where as_of < {{ as_of() }}
),

all_vintages as (
    {%- for relation in ('newest', 'told') %}
    select
        workspace_id,
        as_of,
        forecast_status,
        credits_remaining,
        burn_rate_7d_credits,
        burn_rate_7d_days,
        burn_rate_30d_credits,
        burn_rate_30d_days,
        pace_date,
        {{ told_columns | join(', ') }}
    from {{ relation }}
    {%- if relation == 'told' %}
    where told_rank = 1
    {%- else %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    workspace_id,
    as_of,
    forecast_status,
    credits_remaining,
    {{ exact_ratio('burn_rate_7d_credits', 'burn_rate_7d_days') }} as burn_rate_7d,
    burn_rate_7d_credits,
    burn_rate_7d_days,
    {{ exact_ratio('burn_rate_30d_credits', 'burn_rate_30d_days') }} as burn_rate_30d,
    burn_rate_30d_credits,
    burn_rate_30d_days,
    pace_date,
    {{ told_columns | join(', ') }}
from all_vintages
