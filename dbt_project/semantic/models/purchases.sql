select * from {{ source('marts', 'purchases') }}
