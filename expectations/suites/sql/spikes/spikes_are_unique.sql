select
    workspace_id,
    usage_date,
    scope,
    count(*) as row_count
from forecast.usage_spikes
group by workspace_id, usage_date, scope
having
    count(*) <> 1 or workspace_id is null or usage_date is null
    or coalesce(scope, '') not in ('day', 'event')
