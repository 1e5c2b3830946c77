select
    summary.workspace_id,
    summary.period,
    summary.credits_used,
    summary.credits_remaining
from marts.credit_summary as summary
left join marts.depletion_forecast as forecast
    on summary.workspace_id = forecast.workspace_id and summary.as_of = forecast.as_of
where summary.period in ('7d', '30d') and (
    forecast.workspace_id is null
    or coalesce(summary.credits_remaining, -1)
    <> coalesce(forecast.credits_remaining, -1)
    or summary.credits_used <> case
        when summary.period = '7d' then forecast.burn_rate_7d_credits
        else forecast.burn_rate_30d_credits
    end
    or coalesce(summary.burn_rate_days, -1) <> coalesce(case
        when summary.period = '7d' then forecast.burn_rate_7d_days
        else forecast.burn_rate_30d_days
    end, -1)
)
