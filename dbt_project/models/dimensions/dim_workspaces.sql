with named as (
    select * from {{ ref('stg_workspaces') }}
    where is_newest
),

known as (
    select workspace_id from {{ ref('stg_workspaces') }}
    union
    select workspace_id from {{ ref('stg_usage_by_batch') }}
    union
    select workspace_id from {{ ref('stg_credit_entries') }}
)

select
    known.workspace_id,
    coalesce(named.name, known.workspace_id) as workspace_name,
    coalesce(named.timezone, '{{ var("default_timezone") }}') as timezone,
    coalesce(named.lead_time_days, {{ var("default_lead_time_days") }})
        as lead_time_days,
    named.currency
from known
left join named on known.workspace_id = named.workspace_id
