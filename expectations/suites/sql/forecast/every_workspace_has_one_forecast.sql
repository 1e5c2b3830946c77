select
    workspace_id,
    sum(expected) as expected,
    sum(actual) as actual,
    sum(of_as_of) as of_as_of
from (
    select
        workspace_id,
        1 as expected,
        0 as actual,
        0 as of_as_of
    from facts.dim_reporting_workspaces
    union all
    select
        workspace_id,
        0 as expected,
        1 as actual,
        case when as_of = :as_of then 1 else 0 end as of_as_of
    from forecast.credit_depletion
) as both_sides
group by workspace_id
having sum(expected) <> 1 or sum(actual) <> 1 or sum(of_as_of) <> 1
