with delivered as (
    {{ first_deliveries('content_outcomes') }}
)

select
    source,
    outcome_id,
    event_id,
    outcome,
    edit_ratio,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    batch_id
from delivered
