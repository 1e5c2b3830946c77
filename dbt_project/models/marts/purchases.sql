select
    workspace_id,
    occurred_on as day,
    entry_id,
    coalesce(lot_id, entry_id) as lot_id,
    cast(credits as decimal(18, 6)) as credits,
    cast(amount as decimal(24, 12)) as amount,
    currency,
    pack_id,
    invoice_id,
    effective_on,
    expires_on
from {{ ref('fct_credit_entries') }}
where entry_type = 'purchase'
