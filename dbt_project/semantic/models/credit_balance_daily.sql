select * from {{ source('marts', 'credit_balance_daily') }}
