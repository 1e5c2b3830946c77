select
    estimates.workspace_id,
    estimates.period,
    estimates.high_credits,
    pending.pending_credits
from waste.pending_waste as estimates
left join pending
    on
        estimates.workspace_id = pending.workspace_id
        and estimates.period = pending.period
where coalesce(
    (estimates.high_credits - pending.pending_credits) * 1000000
    > pending.pending_credits,
    true
)
