with published as (
    select * from {{ ref('stg_journal__restatements') }}
    union all
    select
        workspace_id,
        usage_date,
        as_of,
        cause,
        credits_before,
        credits_after,
        wasted_credits_before,
        wasted_credits_after,
        cast(null as timestamp) as published_at
    from {{ ref('fct_restatements') }}
),

-- of several runs for one as_of: from what the first found to what the last left
ranked as (
    select
        published.*,
        row_number() over (
            partition by workspace_id, usage_date, as_of, cause
            order by published_at asc nulls last
        ) as oldest_rank,
        row_number() over (
            partition by workspace_id, usage_date, as_of, cause
            order by published_at desc nulls first
        ) as newest_rank
    from published
)

select
    oldest.workspace_id,
    oldest.usage_date,
    oldest.as_of,
    oldest.cause,
    oldest.credits_before,
    newest.credits_after,
    oldest.wasted_credits_before,
    newest.wasted_credits_after
from ranked as oldest
inner join ranked as newest
    on
        oldest.workspace_id = newest.workspace_id
        and oldest.usage_date = newest.usage_date
        and oldest.as_of = newest.as_of
        and oldest.cause = newest.cause
where oldest.oldest_rank = 1 and newest.newest_rank = 1
