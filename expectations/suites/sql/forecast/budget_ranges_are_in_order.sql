select
    workspace_id,
    budget_id,
    forecast_status
from forecast.budget_forecast
where
    coalesce(to_come_p10 < 0 or to_come_p10 > to_come_p50, false)
    or coalesce(to_come_p50 > to_come_p90, false)
    or coalesce(chance_to_exceed not between 0 and 1, false)
    or (forecast_status = 'ok') <> (chance_to_exceed is not null)
    or (forecast_status = 'ok') <> (to_come_p10 is not null)
    or (forecast_status = 'ok') <> (to_come_p50 is not null)
    or (forecast_status = 'ok') <> (to_come_p90 is not null)
    or coalesce(exceeds_on <= :as_of or exceeds_on_p10 > exceeds_on, false)
    or (exceeds_on is not null and exceeds_on_p10 is null)
    or (exceeds_on_p90 is not null and exceeds_on is null)
    or coalesce(exceeds_on > exceeds_on_p90, false)
    or (exceeds_on_p10 is not null and forecast_status <> 'ok')
