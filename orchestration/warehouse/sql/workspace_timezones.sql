with versions as (
    select
        workspace_id,
        timezone,
        row_number() over (
            partition by workspace_id
            order by
                updated_at desc nulls last,
                batch_id desc,
                content_hash asc,
                file_path asc,
                line_number asc
        ) as version_rank
    from raw.workspaces
),

seen as (
    select workspace_id from raw.generation_events
    union
    select workspace_id from raw.credit_entries
    union
    select workspace_id from raw.workspaces
)

select distinct coalesce(versions.timezone, 'UTC') as timezone
from seen
left join
    versions
    on seen.workspace_id = versions.workspace_id and versions.version_rank = 1
