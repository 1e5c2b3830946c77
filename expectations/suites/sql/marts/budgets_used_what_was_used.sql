select
    status.workspace_id,
    status.budget_id,
    status.period_start,
    status.used,
    coalesce(sum(usage.credits), 0) as credits
from marts.budget_status as status
left join usage_days as usage
    on
        status.workspace_id = usage.workspace_id
        and status.counted_from <= usage.usage_date
        and status.counted_to >= usage.usage_date
where status.scope = 'workspace' and status.unit = 'credits'
group by status.workspace_id, status.budget_id, status.period_start, status.used
having status.used <> coalesce(sum(usage.credits), 0)
