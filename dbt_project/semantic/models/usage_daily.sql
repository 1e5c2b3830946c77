select * from {{ source('marts', 'usage_daily') }}
