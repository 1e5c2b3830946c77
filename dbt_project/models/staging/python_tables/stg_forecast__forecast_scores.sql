select * from {{ source('forecast', 'forecast_scores') }}
