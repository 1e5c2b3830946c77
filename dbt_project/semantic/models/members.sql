-- the newest name and team of each member of the last 90 days
select distinct
    workspace_id,
    member_id,
    member_name,
    team
from {{ source('marts', 'usage_by_member') }}
where period = '90d'
