with ranked as (
    select
        *,
        row_number() over (
            partition by row_id
            order by
                case when is_use or is_rejection then 0 else 1 end,
                occurred_at desc,
                outcome_id desc
        ) as newest_rank
    from {{ ref('fct_outcomes') }}
)

select
    row_id,
    case when is_use or is_rejection then outcome end as current_outcome,
    is_use as is_used,
    is_rejection as is_rejected,
    case when is_use or is_rejection then occurred_at end as outcome_at
from ranked
where newest_rank = 1
