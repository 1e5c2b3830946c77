with usage as (
    select * from {{ ref('fct_usage_by_period') }}
    where scope = 'product_category'
)

select
    usage.workspace_id,
    usage.period,
    usage.scope_id as product_category,
    {{ scope_measures() }}
from usage
{{ joined_scope_costs() }}
