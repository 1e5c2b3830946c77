select
    summary.workspace_id,
    summary.period,
    scopes.scope,
    summary.credits_used,
    coalesce(sum(costs.priced_credits + costs.unpriced_credits), 0) as costed_credits
from marts.credit_summary as summary
cross join (
    select 'workspace' as scope
    union all
    select 'member' as scope
    union all
    select 'team' as scope
    union all
    select 'product_category' as scope
    union all
    select 'generation_type' as scope
) as scopes
left join marts.unit_costs as costs
    on
        summary.workspace_id = costs.workspace_id
        and summary.period = costs.period
        and scopes.scope = costs.scope
group by
    summary.workspace_id, summary.period, scopes.scope, summary.credits_used
having
    summary.credits_used
    <> coalesce(sum(costs.priced_credits + costs.unpriced_credits), 0)
