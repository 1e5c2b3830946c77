select
    daily.workspace_id,
    periods.period,
    sum(daily.pending_product_credits) as pending_credits
from facts.fct_usage_daily as daily
inner join {periods} as periods on daily.usage_date >= periods.first_date
where daily.usage_date > :as_of - 90
group by daily.workspace_id, periods.period
