with costs as (
    select
        workspace_id,
        period,
        scope,
        scope_id,
        -- free credits and those without a price have none
        coalesce(currency, '(none)') as currency,
        cast(
            sum(case when is_priced then all_cost else 0 end) as decimal(38, 18)
        ) as cost,
        cast(
            sum(case when is_priced then wasted_cost else 0 end) as decimal(38, 18)
        ) as wasted_cost,
        cast(
            sum(case when is_priced then all_credits else 0 end) as decimal(38, 6)
        ) as priced_credits,
        {{ unpriced_credits() }} as unpriced_credits
    from {{ ref('fct_cost_by_period') }}
    group by workspace_id, period, scope, scope_id, coalesce(currency, '(none)')
),

usage as (select * from {{ ref('fct_usage_by_period') }})

select
    costs.workspace_id,
    costs.period,
    costs.scope,
    costs.scope_id,
    costs.currency,
    costs.cost,
    costs.wasted_cost,
    costs.priced_credits,
    costs.unpriced_credits,
    usage.generation_count,
    usage.product_count,
    usage.used_generation_count,
    {{ cost_per('costs.cost', 'usage.generation_count') }} as cost_per_generation,
    {{ cost_per('costs.cost', 'usage.product_count') }} as cost_per_product,
    {{ cost_per('costs.cost', 'usage.used_generation_count') }}
        as cost_per_used_generation
from costs
inner join usage
    on {{ same_scope('costs', 'usage') }}
