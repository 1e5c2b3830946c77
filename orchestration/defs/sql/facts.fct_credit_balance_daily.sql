select
    workspace_id,
    cast(usage_date as date) as usage_date,
    cast(cast(opening_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as opening,
    cast(cast(funded_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as funded,
    cast(cast(consumed_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6))
        as consumed,
    cast(cast(expired_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as expired,
    cast(cast(voided_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as voided,
    cast(cast(overage_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as overage,
    cast(cast(before_ledger_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6))
        as before_ledger,
    cast(cast(closing_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as closing,
    cast(cast(residual_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6))
        as residual,
    cast(cast(usage_residual_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6))
        as usage_residual
from frame
