-- most generations have one outcome, and need no order
with in_several as (
    select row_id
    from {{ ref('int_outcomes_known') }}
    group by row_id
    having count(*) > 1
),

ranked as (
    select
        known.*,
        row_number() over newest_first as newest_rank,
        first_value(is_use) over newest_first as is_used_now
    from {{ ref('int_outcomes_known') }} as known
    inner join in_several on known.row_id = in_several.row_id
    window newest_first as (
        partition by known.row_id
        order by
            case when is_use or is_rejection then 0 else 1 end,
            occurred_at desc,
            outcome_id desc
    )
),

with_reversal as (
    select
        *,
        max(
            case
                when (is_use or is_rejection) and is_use <> is_used_now then occurred_at
            end
        ) over (partition by row_id) as reversed_at,
        min(
            case
                when (is_use or is_rejection) and is_use <> is_used_now then occurred_at
            end
        ) over (partition by row_id) as overruled_at
    from ranked
),

-- content accepted first and published later counts as used since it was accepted
decided as (
    select
        *,
        min(
            case
                when
                    (is_use or is_rejection)
                    and is_use = is_used_now
                    and (reversed_at is null or occurred_at >= reversed_at)
                    then occurred_at
            end
        ) over (partition by row_id) as decided_at
    from with_reversal
),

latest as (
    select
        row_id,
        outcome,
        is_use,
        is_rejection,
        occurred_at,
        decided_at,
        overruled_at
    from decided
    where newest_rank = 1
    union all
    select
        known.row_id,
        known.outcome,
        known.is_use,
        known.is_rejection,
        known.occurred_at,
        case when known.is_use or known.is_rejection then known.occurred_at end
            as decided_at,
        cast(null as timestamp) as overruled_at
    from {{ ref('int_outcomes_known') }} as known
    left join in_several on known.row_id = in_several.row_id
    where in_several.row_id is null
)

select
    row_id,
    case when is_use or is_rejection then outcome end as current_outcome,
    is_use as is_used,
    is_rejection as is_rejected,
    case when is_use or is_rejection then occurred_at end as outcome_at,
    decided_at,
    overruled_at
from latest
