select
    workspace_id,
    member_id,
    coalesce(name, member_id) as member_name,
    team
from {{ ref('stg_members') }}
where is_newest
