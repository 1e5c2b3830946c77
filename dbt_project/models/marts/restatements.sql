with told as (
    select * from {{ source('journal', 'restatements') }}
    union all
    select
        *,
        cast(null as timestamp) as published_at
    from {{ ref('fct_restatements') }}
),

-- of several runs for one as_of: from what the first found to what the last left
placed as (
    select
        told.*,
        row_number() over (
            partition by workspace_id, usage_date, as_of, cause
            order by published_at asc nulls last
        ) as first_place,
        row_number() over (
            partition by workspace_id, usage_date, as_of, cause
            order by published_at desc nulls first
        ) as last_place
    from told
)

select
    first_told.workspace_id,
    first_told.usage_date,
    first_told.as_of,
    first_told.cause,
    first_told.credits_before,
    last_told.credits_after,
    first_told.wasted_credits_before,
    last_told.wasted_credits_after
from placed as first_told
inner join placed as last_told
    on
        first_told.workspace_id = last_told.workspace_id
        and first_told.usage_date = last_told.usage_date
        and first_told.as_of = last_told.as_of
        and first_told.cause = last_told.cause
where first_told.first_place = 1 and last_told.last_place = 1
