with newest as (select * from {{ source('forecast', 'credit_depletion') }}),

-- what earlier runs told for other days
vintages as (
    select * from {{ source('journal', 'depletion_forecast') }}
    where as_of <> {{ as_of() }}
),

told as (
    select * from newest
    union all
    select * from vintages
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
    empty_since,
    next_grant_on,
    history_days
from told
