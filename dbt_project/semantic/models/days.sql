-- every day of the ledger and of usage, without gaps
with ends as (
    select
        min(usage_date) as first_day,
        max(usage_date) as last_day
    from {{ source('marts', 'credit_balance_daily') }}
    union all
    select
        min(usage_date) as first_day,
        max(usage_date) as last_day
    from {{ source('marts', 'usage_daily') }}
)

select cast(unnest(generate_series(min(first_day), max(last_day), interval 1 day)) as date) as date_day
from ends
