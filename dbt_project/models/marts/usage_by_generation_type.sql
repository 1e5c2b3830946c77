with usage as (
    select * from {{ ref('fct_usage_by_period') }}
    where scope = 'generation_type'
),

generation_types as (select * from {{ ref('dim_generation_types') }})

select
    usage.workspace_id,
    usage.period,
    usage.scope_id as generation_type,
    generation_types.generation_type_name,
    {{ scope_measures() }}
from usage
inner join generation_types on usage.scope_id = generation_types.generation_type
{{ joined_scope_costs() }}
