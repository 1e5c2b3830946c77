select
    workspace_id,
    cast(usage_date as date) as usage_date,
    scope,
    cast(cast(credits_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as credits,
    cast(cast(usual_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as usual,
    cause,
    cause_kind,
    cause_id,
    cast(cast(cause_credits_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6))
        as cause_credits,
    event_ids,
    event_count,
    is_muted
from frame
