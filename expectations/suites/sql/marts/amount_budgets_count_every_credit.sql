select
    workspace_id,
    budget_id,
    unpriced_credits,
    other_currency_credits
from marts.budget_status
where is_open and (unpriced_credits > 0 or other_currency_credits > 0)
