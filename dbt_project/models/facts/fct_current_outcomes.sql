with outcomes as (select * from {{ ref('fct_outcomes') }}),

ranked as (
    select
        outcomes.*,
        row_number() over (
            partition by source, event_id
            order by occurred_at desc, outcome_id desc
        ) as newest_rank
    from outcomes
    where is_use or is_rejection
)

select
    source,
    event_id,
    workspace_id,
    outcome as current_outcome,
    is_use as is_used,
    is_rejection as is_rejected,
    occurred_at as outcome_at
from ranked
where newest_rank = 1
