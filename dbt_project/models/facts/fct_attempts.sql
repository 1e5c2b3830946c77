with generations as (select * from {{ ref('fct_reported_generations') }}),

outcomes as (select * from {{ ref('fct_outcomes') }}),

attempts as (
    select
        generations.source,
        generations.event_id,
        generations.unit_id,
        {{ epoch_micros('generations.occurred_at') }} as attempted_us,
        row_number() over (
            partition by generations.unit_id
            order by generations.occurred_at, generations.source, generations.event_id
        ) as unit_attempt_number
    from generations
    where generations.status = 'succeeded'
),

uses as (
    select
        attempts.unit_id,
        attempts.unit_attempt_number,
        {{ epoch_micros('outcomes.occurred_at') }} as used_us
    from outcomes
    inner join attempts
        on
            outcomes.source = attempts.source
            and outcomes.event_id = attempts.event_id
    where
        outcomes.is_use
        -- a use dated before its own attempt lies before every pause that follows it
        and {{ epoch_micros('outcomes.occurred_at') }} >= attempts.attempted_us
),

timeline as (
    select
        unit_id,
        attempted_us as at_us,
        source,
        event_id,
        unit_attempt_number,
        cast(null as bigint) as used_us,
        cast(null as bigint) as used_attempt_number
    from attempts
    union all
    select
        unit_id,
        used_us as at_us,
        cast(null as string) as source,
        cast(null as string) as event_id,
        cast(null as bigint) as unit_attempt_number,
        used_us,
        unit_attempt_number as used_attempt_number
    from uses
),

-- The newest use before this instant belongs to an earlier attempt by itself (a use is
-- never dated before its attempt); at this very instant the attempt must be looked at.
seen as (
    select
        timeline.*,
        max(used_us) over (
            partition by unit_id
            order by at_us
            range between unbounded preceding and 1 preceding
        ) as newest_use_before_us,
        min(used_attempt_number) over (
            partition by unit_id, at_us
        ) as earliest_attempt_used_now
    from timeline
),

paused as (
    select
        seen.*,
        lag(at_us) over (
            partition by unit_id
            order by unit_attempt_number
        ) as previous_us
    from seen
    where unit_attempt_number is not null
),

opened as (
    select
        paused.*,
        case
            when previous_us is null then 1
            when
                at_us - previous_us > {{ var('episode_gap_days') }} * 86400000000
                then 1
            when newest_use_before_us >= previous_us then 1
            when earliest_attempt_used_now < unit_attempt_number then 1
            else 0
        end as opens_episode
    from paused
),

episodes as (
    select
        opened.*,
        sum(opens_episode) over (
            partition by unit_id
            order by unit_attempt_number
            rows between unbounded preceding and current row
        ) as episode_number
    from opened
)

select
    source,
    event_id,
    unit_id,
    concat(unit_id, '-', cast(episode_number as string)) as episode_id,
    cast(row_number() over (
        partition by unit_id, episode_number
        order by unit_attempt_number
    ) as bigint) as attempt_number,
    cast(count(*) over (partition by unit_id, episode_number) as bigint)
        as attempt_count
from episodes
