select
    workspace_id,
    cast(credits_remaining as double) as credits_remaining,
    cast(burn_rate_30d_credits as double) as burnt_credits,
    cast(burn_rate_30d_days as double) as burnt_days
from forecast.credit_depletion
