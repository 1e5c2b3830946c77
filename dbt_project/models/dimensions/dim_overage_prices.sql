select
    versions.workspace_id,
    versions.version_number,
    {{ local_date('versions.updated_at', 'workspaces.timezone') }} as from_on,
    versions.overage_price,
    versions.currency
from {{ ref('stg_workspaces') }} as versions
inner join {{ ref('dim_workspaces') }} as workspaces
    on versions.workspace_id = workspaces.workspace_id
