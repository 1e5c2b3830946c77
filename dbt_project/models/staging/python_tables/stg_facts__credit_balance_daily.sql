select * from {{ source('facts', 'fct_credit_balance_daily') }}
