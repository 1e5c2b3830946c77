select * from {{ source('forecast', 'deciding_charges') }}
