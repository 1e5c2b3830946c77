select
    workspace_id,
    period,
    sum(expected) as expected,
    sum(actual) as actual,
    sum(of_as_of) as of_as_of
from (
    select
        workspaces.workspace_id,
        periods.period,
        1 as expected,
        0 as actual,
        0 as of_as_of
    from facts.dim_reporting_workspaces as workspaces
    cross join {periods} as periods
    union all
    select
        workspace_id,
        period,
        0 as expected,
        1 as actual,
        case when as_of = :as_of then 1 else 0 end as of_as_of
    from marts.credit_summary
    where period <> '{other}'
) as both_sides
group by workspace_id, period
having sum(expected) <> 1 or sum(actual) <> 1 or sum(of_as_of) <> 1
