select
    workspace_id,
    usage_date,
    sum(booked) as booked,
    sum(used) as used
from (
    select
        workspace_id,
        usage_date,
        consumed + overage + before_ledger as booked,
        0 as used
    from facts.fct_credit_balance_daily
    union all
    select
        daily.workspace_id,
        daily.usage_date,
        0 as booked,
        daily.credits as used
    from facts.fct_usage_daily as daily
    inner join
        facts.dim_reporting_workspaces as workspaces
        on daily.workspace_id = workspaces.workspace_id
    where workspaces.has_credit_entries
) as both_sides
group by workspace_id, usage_date
having sum(booked) <> sum(used)
