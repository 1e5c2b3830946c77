select
    cast(count(*) as double) as workspaces,
    cast(sum(summary.credits_used) as double) as credits_used_30d,
    cast(sum(summary.wasted_credits) / nullif(sum(summary.credits_used), 0) as double)
        as waste_rate,
    cast(min(date_diff('day', summary.as_of, forecast.depletes_on_p50)) as double)
        as days_left_of_the_soonest
from marts.credit_summary as summary
left join marts.depletion_forecast as forecast using (workspace_id, as_of)
where summary.period = '30d'
