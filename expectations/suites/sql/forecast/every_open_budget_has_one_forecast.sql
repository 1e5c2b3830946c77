select
    workspace_id,
    budget_id,
    sum(forecast_count) as forecast_count,
    sum(period_count) as period_count
from (
    select
        workspace_id,
        budget_id,
        period_start,
        1 as forecast_count,
        0 as period_count
    from forecast.budget_forecast
    union all
    select
        periods.workspace_id,
        periods.budget_id,
        periods.period_start,
        0 as forecast_count,
        1 as period_count
    from dimensions.dim_budget_periods as periods
    inner join facts.dim_reporting_workspaces as workspaces
        on periods.workspace_id = workspaces.workspace_id
    where periods.is_open
) as both_sides
group by workspace_id, budget_id, period_start
having sum(forecast_count) <> 1 or sum(period_count) <> 1
