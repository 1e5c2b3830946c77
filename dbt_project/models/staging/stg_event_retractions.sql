with delivered as (
    {{ first_delivery(
        source('raw', 'event_retractions'), ['source', 'retraction_id']
    ) }}
)

select
    source,
    retraction_id,
    event_id,
    reason,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    batch_id,
    content_hash,
    delivery_count,
    conflict_count
from delivered
