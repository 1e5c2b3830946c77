with delivered as (
    {{ first_deliveries('event_retractions') }}
)

select
    source,
    retraction_id,
    event_id,
    reason,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    batch_id
from delivered
