select
    workspace_id,
    period,
    sum(whole) as whole,
    sum(part) as part
from (
    select
        workspace_id,
        period,
        {column} as whole,
        0 as part
    from marts.credit_summary
    where {where}
    union all
    select
        workspace_id,
        period,
        0 as whole,
        part
    from ({parts}) as parts
) as both_sides
group by workspace_id, period
having coalesce(sum(whole) <> sum(part), true)
