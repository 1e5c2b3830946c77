select
    workspace_id,
    period,
    scope,
    scope_id,
    {{ only_cost() }} as cost,
    {{ only_currency() }} as currency,
    {{ unpriced_credits() }} as unpriced_credits,
    {{ only_cost('wasted', currency_of='all') }} as wasted_cost
from {{ ref('fct_cost_by_period') }}
group by workspace_id, period, scope, scope_id
