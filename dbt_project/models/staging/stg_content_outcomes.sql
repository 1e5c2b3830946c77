with delivered as (
    {{ first_deliveries(
        source('raw', 'content_outcomes'), ref('stg_repeated_deliveries')
    ) }}
)

select
    row_id,
    source,
    outcome_id,
    event_id,
    outcome,
    edit_ratio,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    batch_id
from delivered
