select * from {{ source('waste', 'models') }}
