select
    summary.workspace_id,
    summary.period,
    scopes.scope,
    summary.credits_used,
    coalesce(scopes.credits, 0) as credits,
    coalesce(scopes.contribution, 0) as contribution,
    coalesce(whole.credits_change, 0) as credits_change
from marts.credit_summary as summary
left join marts.period_changes as whole
    on
        summary.workspace_id = whole.workspace_id
        and summary.period = whole.period
        and whole.scope = 'workspace'
left join (
    select
        workspace_id,
        period,
        scope,
        sum(credits) as credits,
        sum(contribution) as contribution
    from marts.period_changes
    group by workspace_id, period, scope
) as scopes
    on
        summary.workspace_id = scopes.workspace_id
        and summary.period = scopes.period
where
    summary.credits_used <> coalesce(scopes.credits, 0)
    or coalesce(scopes.contribution, 0) <> coalesce(whole.credits_change, 0)
