select * from {{ source('forecast', 'depletion_paths') }}
