with delivered as (
    {{ first_deliveries(
        source('raw', 'generation_events'), ref('stg_repeated_deliveries')
    ) }}
)

select {{ generation_event_columns() }}
from delivered
