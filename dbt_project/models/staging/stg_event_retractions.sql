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
    cast(delivery_count as bigint) as delivery_count,
    cast(conflict_count as bigint) as conflict_count
from delivered
