select * from {{ source('forecast', 'credit_depletion') }}
