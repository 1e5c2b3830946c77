with delivered as (
    {{ first_delivery(source('raw', 'content_outcomes'), ['source', 'outcome_id']) }}
)

select
    source,
    outcome_id,
    event_id,
    outcome,
    edit_ratio,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    batch_id,
    content_hash,
    delivery_count,
    conflict_count
from delivered
