select
    forecast.workspace_id,
    forecast.forecast_status,
    forecast.credits_remaining,
    paths.balance_p50
from forecast.credit_depletion as forecast
full outer join
    (
        select * from forecast.depletion_paths
        where forecast_date = :as_of
    ) as paths
    on forecast.workspace_id = paths.workspace_id
where
    coalesce(forecast.forecast_status in ('ok', 'beyond_horizon'), false)
    <> (paths.workspace_id is not null)
    or balance_p10 <> forecast.credits_remaining
    or balance_p25 <> forecast.credits_remaining
    or balance_p50 <> forecast.credits_remaining
    or balance_p75 <> forecast.credits_remaining
    or balance_p90 <> forecast.credits_remaining
