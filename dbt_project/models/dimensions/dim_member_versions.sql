select
    workspace_id,
    member_id,
    name as member_name,
    team,
    version_number,
    is_newest,
    updated_at,
    replaced_at,
    batch_id
from {{ ref('stg_members') }}
