with delivered as (
    {{ first_deliveries(
        source('raw', 'event_retractions'), ref('stg_repeated_deliveries')
    ) }}
)

select
    source,
    retraction_id,
    event_id,
    reason,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    batch_id
from delivered
