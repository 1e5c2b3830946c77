select * from {{ source('waste', 'probabilities') }}
