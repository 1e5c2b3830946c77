with generations as (
    select
        row_id,
        source,
        event_id,
        usage_date,
        occurred_at,
        {{ unit_key(unit_columns()) }} as unit_key
    from {{ ref('int_generations_reported') }}
    where status = 'succeeded'
),

-- only units with more than one attempt need numbering
repeated_units as (
    select unit_key
    from generations
    group by unit_key
    having count(*) > 1
),

attempts as (
    select
        generations.row_id,
        generations.usage_date,
        generations.unit_key,
        {{ epoch_micros('generations.occurred_at') }} as attempted_us,
        row_number() over (
            partition by generations.unit_key
            order by generations.occurred_at, generations.source, generations.event_id
        ) as unit_attempt_number
    from generations
    inner join repeated_units on generations.unit_key = repeated_units.unit_key
),

-- attempts and their uses; at the same instant, a use follows its own attempt
timeline as (
    select
        unit_key,
        attempted_us as at_us,
        unit_attempt_number,
        row_id,
        usage_date,
        attempted_us,
        cast(null as bigint) as used_us
    from attempts
    union all
    select
        attempts.unit_key,
        {{ epoch_micros('outcomes.occurred_at') }} as at_us,
        attempts.unit_attempt_number,
        cast(null as bigint) as row_id,
        cast(null as date) as usage_date,
        cast(null as bigint) as attempted_us,
        {{ epoch_micros('outcomes.occurred_at') }} as used_us
    from attempts
    inner join {{ ref('int_outcomes_known') }} as outcomes
        on attempts.row_id = outcomes.row_id
    where
        outcomes.is_use
        -- a use dated before its own attempt cannot end an episode after it
        and {{ epoch_micros('outcomes.occurred_at') }} >= attempts.attempted_us
),

paused as (
    select
        timeline.*,
        max(attempted_us) over earlier as previous_us,
        max(used_us) over earlier as newest_use_us
    from timeline
    window earlier as (
        partition by unit_key
        order by
            at_us,
            unit_attempt_number,
            case when row_id is null then 1 else 0 end
        rows between unbounded preceding and 1 preceding
    )
),

opened as (
    select
        row_id,
        usage_date,
        unit_key,
        unit_attempt_number,
        case
            when previous_us is null then 1
            when
                attempted_us - previous_us > {{ var('episode_gap_days') }} * 86400000000
                then 1
            when newest_use_us >= previous_us then 1
            else 0
        end as opens_episode
    from paused
    where row_id is not null
),

episodes as (
    select
        opened.*,
        coalesce(current_outcomes.is_used, false) as is_used,
        sum(opens_episode) over (
            partition by unit_key
            order by unit_attempt_number
            rows between unbounded preceding and current row
        ) as episode_number
    from opened
    left join {{ ref('int_outcomes_latest') }} as current_outcomes
        on opened.row_id = current_outcomes.row_id
)

select
    row_id,
    cast(episode_number as bigint) as episode_number,
    cast(
        unit_attempt_number - min(unit_attempt_number) over episode + 1 as bigint
    ) as attempt_number,
    cast(count(*) over episode as bigint) as attempt_count,
    cast(sum(case when is_used then 1 else 0 end) over episode as bigint)
        as used_count,
    max(usage_date) over episode as last_usage_date
from episodes
window episode as (partition by unit_key, episode_number)
