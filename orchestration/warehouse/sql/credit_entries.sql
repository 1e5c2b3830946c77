select
    workspace_id,
    entry_id,
    entry_type,
    cast(cast(credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro,
    lot_id,
    priority,
    occurred_at,
    occurred_on,
    effective_at,
    effective_on,
    expires_at,
    expires_on
from facts.fct_credit_entries
