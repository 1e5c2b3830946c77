select * from {{ source('journal', 'forecast_scores') }}
where as_of < {{ as_of() }}
