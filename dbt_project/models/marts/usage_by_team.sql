with usage as (select * from {{ ref('fct_usage_by_team') }})

select
    usage.workspace_id,
    usage.period,
    usage.scope_id as team,
    {{ scope_measures() }}
from usage
{{ joined_scope_costs() }}
