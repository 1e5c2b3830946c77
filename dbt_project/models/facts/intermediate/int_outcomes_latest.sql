with ranked as (
    select
        *,
        row_number() over newest_first as newest_rank,
        first_value(is_use) over newest_first as is_used_now
    from {{ ref('int_outcomes_known') }}
    window newest_first as (
        partition by row_id
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
)

select
    row_id,
    case when is_use or is_rejection then outcome end as current_outcome,
    is_use as is_used,
    is_rejection as is_rejected,
    case when is_use or is_rejection then occurred_at end as outcome_at,
    decided_at,
    overruled_at
from decided
where newest_rank = 1
