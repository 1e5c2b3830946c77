with versions as (
    {{ newest_version(source('raw', 'workspaces'), ['workspace_id']) }}
)

select
    workspace_id,
    name,
    timezone,
    lead_time_days,
    {{ utc_timestamp('updated_at') }} as updated_at,
    batch_id
from versions
