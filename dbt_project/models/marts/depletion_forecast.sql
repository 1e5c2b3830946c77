{%- set columns = [
    'workspace_id', 'as_of', 'forecast_status', 'credits_remaining', 'burn_rate_7d_credits', 'burn_rate_7d_days',
    'burn_rate_30d_credits', 'burn_rate_30d_days', 'pace_date', 'depletes_on_p025', 'depletes_on_p5',
    'depletes_on_p10', 'depletes_on_p50', 'depletes_on_p90', 'depletes_on_p975', 'empty_since', 'next_grant_on',
    'chance_empty_before_grant', 'buy_by', 'credits_to_buy', 'recommended_packs', 'packs_price', 'packs_currency',
    'expiring_credits', 'lead_time_days', 'capped_credits', 'calibration_version', 'demand_change',
    'history_days',
] %}

with vintages as (
    select {{ columns | join(', ') }}
    from {{ ref('stg_forecast__credit_depletion') }}
    union all
    select {{ columns | join(', ') }}
    from {{ ref('stg_journal__depletion_forecast') }}
)

select
    vintages.workspace_id,
    vintages.as_of,
    forecast_status,
    credits_remaining,
    {{ exact_ratio('burn_rate_7d_credits', 'burn_rate_7d_days') }} as burn_rate_7d,
    burn_rate_7d_credits,
    burn_rate_7d_days,
    {{ exact_ratio('burn_rate_30d_credits', 'burn_rate_30d_days') }} as burn_rate_30d,
    burn_rate_30d_credits,
    burn_rate_30d_days,
    pace_date,
    depletes_on_p025,
    depletes_on_p5,
    depletes_on_p10,
    depletes_on_p50,
    depletes_on_p90,
    depletes_on_p975,
    empty_since,
    next_grant_on,
    chance_empty_before_grant,
    buy_by,
    credits_to_buy,
    recommended_packs,
    packs_price,
    packs_currency,
    expiring_credits,
    lead_time_days,
    capped_credits,
    calibration_version,
    demand_change,
    history_days,
    charges.source as deciding_charge_source,
    charges.event_id as deciding_charge_event_id,
    charges.usage_date as deciding_charge_date,
    charges.credits as deciding_charge_credits,
    charges.status_without as status_without_charge,
    charges.credits_remaining_without as credits_remaining_without_charge,
    charges.empty_on_without as empty_on_without_charge
from vintages
left join {{ ref('stg_forecast__deciding_charges') }} as charges
    on
        vintages.workspace_id = charges.workspace_id
        and vintages.as_of = charges.as_of
