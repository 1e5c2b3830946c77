select
    workspace_id,
    usage_date,
    sum(consumed) as consumed,
    sum(daily) as daily,
    sum(disposed) as disposed
from (
    select
        workspace_id,
        usage_date,
        sum(credits) as consumed,
        0 as daily,
        0 as disposed
    from facts.int_generations_classified
    where :is_recomputed(workspace_id, usage_date)
    group by workspace_id, usage_date
    union all
    select
        workspace_id,
        usage_date,
        0 as consumed,
        sum(credits) as daily,
        sum(used_credits)
        + sum(iterated_credits)
        + sum(wasted_credits)
        + sum(pending_credits)
        + sum(untracked_credits)
        + sum(refunded_credits) as disposed
    from facts.fct_usage_daily
    where :is_recomputed(workspace_id, usage_date)
    group by workspace_id, usage_date
) as both_sides
group by workspace_id, usage_date
having sum(consumed) <> sum(daily) or sum(consumed) <> sum(disposed)
