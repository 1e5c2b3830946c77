select * from {{ source('marts', 'chargeback_monthly') }}
