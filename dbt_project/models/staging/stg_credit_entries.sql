with delivered as (
    {{ first_delivery(source('raw', 'credit_entries'), ['workspace_id', 'entry_id']) }}
)

select
    workspace_id,
    entry_id,
    entry_type,
    lot_id,
    priority,
    credits,
    amount,
    currency,
    related_event_id,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    {{ utc_timestamp('effective_at') }} as effective_at,
    {{ utc_timestamp('expires_at') }} as expires_at,
    batch_id,
    content_hash,
    delivery_count,
    conflict_count
from delivered
