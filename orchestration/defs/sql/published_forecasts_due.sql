select
    workspace_id,
    as_of,
    date_diff('day', as_of, depletes_on_p025) as p025_days,
    date_diff('day', as_of, depletes_on_p10) as p10_days,
    date_diff('day', as_of, depletes_on_p50) as p50_days,
    date_diff('day', as_of, depletes_on_p90) as p90_days,
    date_diff('day', as_of, depletes_on_p975) as p975_days,
    date_diff('day', as_of, pace_date) as pace_days
from (
    select
        *,
        row_number()
            over (partition by workspace_id, as_of order by published_at desc)
            as publication_rank
    from journal.depletion_forecast
) as published
where
    publication_rank = 1 and forecast_status = 'ok' and as_of <= date '{latest}'
    and (workspace_id, as_of) not in (
        select
            workspace_id,
            as_of
        from journal.forecast_scores
    )
    and workspace_id in (select workspace_id from facts.dim_reporting_workspaces)
order by workspace_id, as_of
