select
    workspace_id,
    sum(from_lots) as from_lots,
    sum(over_days) as over_days
from (
    select
        workspace_id,
        consumed as from_lots,
        0 as over_days
    from facts.fct_credit_lots
    union all
    select
        workspace_id,
        0 as from_lots,
        consumed as over_days
    from facts.fct_credit_balance_daily
) as both_sides
group by workspace_id
having sum(from_lots) <> sum(over_days)
