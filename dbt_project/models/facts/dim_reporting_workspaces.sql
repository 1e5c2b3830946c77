with used as (
    select
        workspace_id,
        min(usage_date) as first_usage_date,
        max(usage_date) as last_usage_date,
        max(outcome_count) > 0 as is_outcome_tracked
    from {{ ref('int_usage_daily_base') }}
    group by workspace_id
),

funded as (
    select distinct workspace_id from {{ ref('fct_credit_entries') }}
)

select
    workspaces.workspace_id,
    workspaces.workspace_name,
    workspaces.timezone,
    workspaces.lead_time_days,
    used.first_usage_date,
    used.last_usage_date,
    funded.workspace_id is not null as has_credit_entries,
    coalesce(used.is_outcome_tracked, false) as is_outcome_tracked
from {{ ref('dim_workspaces') }} as workspaces
left join used on workspaces.workspace_id = used.workspace_id
left join funded on workspaces.workspace_id = funded.workspace_id
where used.workspace_id is not null or funded.workspace_id is not null
