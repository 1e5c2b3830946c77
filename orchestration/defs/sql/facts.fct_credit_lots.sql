select
    workspace_id,
    lot_id,
    lot_status,
    priority,
    cast(cast(funded_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as funded,
    cast(cast(consumed_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6))
        as consumed,
    cast(cast(expired_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as expired,
    cast(cast(voided_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as voided,
    cast(cast(remaining_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6))
        as remaining,
    cast(cast(allowance_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6))
        as allowance,
    cast(cast(residual_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6))
        as residual,
    effective_at,
    expires_at,
    cast(effective_on as date) as effective_on,
    cast(expires_on as date) as expires_on,
    is_alive
from frame
