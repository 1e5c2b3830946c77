select
    workspace_id,
    name as workspace_name,
    timezone,
    lead_time_days,
    version_number,
    is_newest,
    updated_at,
    replaced_at,
    batch_id
from {{ ref('stg_workspaces') }}
