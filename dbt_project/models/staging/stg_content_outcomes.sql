with delivered as (
    {{ first_deliveries(
        source('raw', 'content_outcomes'), ref('stg_repeated_deliveries')
    ) }}
)

select {{ outcome_columns() }}
from delivered
