-- credits may be priced by it, and a failed gate on it stops staging:
-- depends_on: {{ source('raw', 'rate_cards') }}
with delivered as (
    {{ first_deliveries(
        source('raw', 'generation_events'), ref('stg_repeated_deliveries')
    ) }}
)

select {{ generation_event_columns() }}
from delivered
