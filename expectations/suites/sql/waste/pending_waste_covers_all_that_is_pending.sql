select
    pending.workspace_id,
    pending.period,
    pending.pending_credits
from pending
left join waste.pending_waste as estimates
    on
        pending.workspace_id = estimates.workspace_id
        and pending.period = estimates.period
where
    pending.pending_credits > 0 and estimates.workspace_id is null
    and (select count(*) as row_count from waste.pending_waste) > 0
