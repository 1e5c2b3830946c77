select
    budgets.workspace_id,
    budgets.budget_id,
    concat(budgets.scope, ' ', coalesce(budgets.scope_id, '(all)')) as meant
from staging.stg_budgets as budgets
left join marts.budget_status as status
    on
        budgets.workspace_id = status.workspace_id
        and budgets.budget_id = status.budget_id
        and status.is_open
where
    budgets.is_newest
    and coalesce(budgets.starts_on <= :as_of, true)
    and coalesce(budgets.ends_on >= :as_of, true)
    and status.last_used_on is null
