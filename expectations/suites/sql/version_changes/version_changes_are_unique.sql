select
    workspace_id,
    generation_type,
    version_kind,
    version_id,
    count(*) as row_count,
    max(previous_id) as previous_id
from waste.version_changes
group by workspace_id, generation_type, version_kind, version_id
having
    count(*) <> 1
    or workspace_id is null
    or generation_type is null
    or version_id is null
    or coalesce(version_kind, '') not in ('ruleset', 'template')
    or coalesce(max(previous_id) = version_id, true)
