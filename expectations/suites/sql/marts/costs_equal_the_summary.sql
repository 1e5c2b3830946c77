select
    summary.workspace_id,
    summary.period,
    summary.cost,
    summary.unpriced_credits,
    coalesce(parts.cost, 0) as part_cost,
    coalesce(parts.unpriced_credits, 0) as part_unpriced_credits
from (
    select
        workspace_id,
        period,
        {cost} as cost,
        {unpriced_credits} as unpriced_credits
    from marts.credit_summary
) as summary
left join (
    select
        workspace_id,
        period,
        sum(cost) as cost,
        sum(unpriced_credits) as unpriced_credits
    from ({parts}) as listed
    group by workspace_id, period
) as parts
    on
        summary.workspace_id = parts.workspace_id
        and summary.period = parts.period
-- of several currencies there is no sum
where
    (summary.cost is not null and summary.cost <> coalesce(parts.cost, 0))
    or summary.unpriced_credits <> coalesce(parts.unpriced_credits, 0)
