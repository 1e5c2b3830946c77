select * from {{ source('forecast', 'models') }}
