select
    workspace_id,
    forecast_date,
    balance_p10,
    balance_p90
from forecast.depletion_paths
where
    coalesce(balance_p10 > balance_p25, balance_p10 is null and balance_p25 is not null)
    or coalesce(
        balance_p25 > balance_p50, balance_p25 is null and balance_p50 is not null
    )
    or coalesce(
        balance_p50 > balance_p75, balance_p50 is null and balance_p75 is not null
    )
    or coalesce(
        balance_p75 > balance_p90, balance_p75 is null and balance_p90 is not null
    )
    or coalesce(balance_p10 < 0, true)
    or balance_p90 is null
    or coalesce(forecast_date < :as_of or forecast_date > :as_of + 180, true)
