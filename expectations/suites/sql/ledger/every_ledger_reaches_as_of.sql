select
    workspace_id,
    sum(expected) as expected,
    sum(actual) as actual
from (
    select
        workspace_id,
        1 as expected,
        0 as actual
    from facts.dim_reporting_workspaces
    where has_credit_entries
    union all
    select
        workspace_id,
        0 as expected,
        1 as actual
    from facts.fct_credit_balance_daily
    where usage_date = :as_of
) as both_sides
group by workspace_id
having sum(expected) <> 1 or sum(actual) <> 1
