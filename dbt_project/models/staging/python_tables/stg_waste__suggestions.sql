select * from {{ source('waste', 'suggestions') }}
