select
    workspace_id,
    scope,
    scope_id,
    budget_period,
    min(budget_id) as first_id,
    max(budget_id) as last_id
from marts.budget_status
where is_open
group by workspace_id, scope, scope_id, budget_period, unit, currency
having count(*) > 1
