with delivered as (
    {{ first_deliveries(
        source('raw', 'credit_entries'), ref('stg_repeated_deliveries')
    ) }}
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
    related_source,
    plan_id,
    pack_id,
    invoice_id,
    revision,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    {{ utc_timestamp('effective_at') }} as effective_at,
    {{ utc_timestamp('expires_at') }} as expires_at,
    batch_id
from delivered
