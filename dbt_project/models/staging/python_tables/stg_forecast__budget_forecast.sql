select * from {{ source('forecast', 'budget_forecast') }}
