select
    daily.workspace_id,
    periods.period,
    sum(daily.pending_product_credits) as pending_credits
from facts.fct_usage_daily as daily
inner join dimensions.dim_periods as periods
    on
        daily.workspace_id = periods.workspace_id
        and daily.usage_date >= periods.window_start_date
        and daily.usage_date <= periods.window_end_date
where daily.usage_date > :as_of - 90
group by daily.workspace_id, periods.period
