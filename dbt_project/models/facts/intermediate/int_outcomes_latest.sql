with known as (select * from {{ ref('int_outcomes_known') }}),

summed as (
    select
        row_id,
        max_by(
            case when is_use or is_rejection then outcome end,
            case when is_use or is_rejection then occurred_at end
        ) as newest_outcome,
        min(case when is_use then occurred_at end) as first_use_at,
        max(case when is_use then occurred_at end) as last_use_at,
        min(case when is_rejection then occurred_at end) as first_rejection_at,
        max(case when is_rejection then occurred_at end) as last_rejection_at
    from known
    group by row_id
),

-- few share an instant, and only these are in the order of their ids
tied as (
    select
        row_id,
        occurred_at
    from known
    where is_use or is_rejection
    group by row_id, occurred_at
    having count(*) > 1
),

last_of_tied as (
    select
        known.row_id,
        known.occurred_at,
        max_by(known.outcome, outcomes.outcome_id) as outcome
    from {{ ref('int_outcomes_of_changed') }} as outcomes
    inner join known on outcomes.row_id = known.outcome_row_id
    inner join tied
        on known.row_id = tied.row_id and known.occurred_at = tied.occurred_at
    where known.is_use or known.is_rejection
    group by known.row_id, known.occurred_at
),

latest as (
    select
        summed.*,
        greatest(summed.last_use_at, summed.last_rejection_at) as outcome_at,
        coalesce(last_of_tied.outcome, summed.newest_outcome) as current_outcome
    from summed
    left join last_of_tied
        on
            summed.row_id = last_of_tied.row_id
            and greatest(summed.last_use_at, summed.last_rejection_at)
            = last_of_tied.occurred_at
),

-- used at times and rejected at times: since the first as now with no opposite after it
decided as (
    select
        known.row_id,
        min(known.occurred_at) as decided_at
    from known
    inner join latest on known.row_id = latest.row_id
    where
        latest.first_use_at is not null
        and latest.first_rejection_at is not null
        and case
            when {{ is_use('latest.current_outcome') }}
                then known.is_use and known.occurred_at >= latest.last_rejection_at
            else known.is_rejection and known.occurred_at >= latest.last_use_at
        end
    group by known.row_id
)

-- content accepted first and published later counts as used since it was accepted
select
    latest.row_id,
    latest.current_outcome,
    coalesce({{ is_use('latest.current_outcome') }}, false) as is_used,
    coalesce({{ is_rejection('latest.current_outcome') }}, false) as is_rejected,
    latest.outcome_at,
    coalesce(decided.decided_at, latest.first_use_at, latest.first_rejection_at)
        as decided_at,
    case
        when {{ is_use('latest.current_outcome') }} then latest.first_rejection_at
        else latest.first_use_at
    end as overruled_at
from latest
left join decided on latest.row_id = decided.row_id
