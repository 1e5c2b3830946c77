with versions as (
    {{ newest_version(source('raw', 'members'), ['workspace_id', 'member_id']) }}
)

select
    workspace_id,
    member_id,
    name,
    email,
    team,
    {{ utc_timestamp('updated_at') }} as updated_at,
    batch_id
from versions
