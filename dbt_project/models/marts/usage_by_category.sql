with usage as (
    select * from {{ ref('fct_usage_by_period') }}
    where scope = 'product_category'
)

select
    workspace_id,
    period,
    scope_id as product_category,
    {{ scope_measures() }}
from usage
