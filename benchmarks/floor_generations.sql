-- The floor, 2 of 3: attempts, episodes, and what each generation ended as.

-- current_outcomes: the newest outcome of each event that is not unpublished
create temp table current_outcomes as
select
    event_key,
    arg_max(outcome, (occurred_at, outcome_id)) as current_outcome,
    current_outcome in ('accepted', 'edited', 'published') as is_used
from outcomes
where outcome <> 'unpublished'
group by event_key;

-- returning_units: those with several attempts; the others need no order
create temp table returning_units as
select unit_key from events
where is_attempt
group by unit_key
having count(*) > 1;

-- ordered: the attempts of those units in order
create temp table ordered as
select
    event_key,
    unit_key,
    occurred_at,
    lag(occurred_at) over attempts as previous_at,
    row_number() over attempts as position
from events
semi join returning_units using (unit_key)
where is_attempt
window attempts as (partition by unit_key order by occurred_at);

-- ties: attempts of a unit at the same instant go by their ids
create temp table ties as
select
    ordered.event_key,
    unit_key,
    min(position) over instant + row_number() over (instant order by source, event_id) - 1
        as position
from ordered
semi join (select unit_key, occurred_at from ordered where previous_at = occurred_at) as tied
    using (unit_key, occurred_at)
inner join delivered_events using (event_key)
window instant as (partition by unit_key, ordered.occurred_at);

-- ordered, ties too
update ordered set event_key = ties.event_key
from ties
where ordered.unit_key = ties.unit_key and ordered.position = ties.position;

-- closed: attempts with a use of an earlier one since the one before
create temp table closed as
select distinct ordered.unit_key, ordered.position
from ordered
inner join (
    select earlier.unit_key, earlier.position, outcomes.occurred_at
    from outcomes
    inner join ordered as earlier on outcomes.event_key = earlier.event_key
    where outcomes.outcome in ('accepted', 'edited', 'published')
) as uses
    on
        ordered.unit_key = uses.unit_key
        and uses.occurred_at between ordered.previous_at and ordered.occurred_at
        and uses.position < ordered.position;

-- tracked: workspaces that report outcomes
create temp table tracked as
select distinct workspace_id from outcomes;

drop table outcomes;

-- numbered: those attempts with the number of their episode
create temp table numbered as
select
    ordered.event_key,
    ordered.unit_key,
    ordered.position,
    count(*) filter (
        previous_at is null
        or occurred_at - previous_at > interval '168 hours'
        or closed.position is not null
    ) over (
        partition by ordered.unit_key order by ordered.position rows unbounded preceding
    ) as episode
from ordered
left join closed on ordered.unit_key = closed.unit_key and ordered.position = closed.position;

drop table ordered;

-- episodes: of those units
create temp table episodes as
select
    numbered.unit_key,
    episode,
    min(position) as first_position,
    count(*) as attempt_count,
    max(events.usage_date) as last_usage_date,
    count(*) filter (is_used) as used_count
from numbered
inner join events on numbered.event_key = events.event_key
left join current_outcomes on numbered.event_key = current_outcomes.event_key
group by numbered.unit_key, episode;

-- disposition_rule: each is named after its waste reason, or its disposition where nothing is wasted
create type disposition_rule as enum (
    'failed_generation',
    'rejected_content',
    'used',
    'excess_regeneration',
    'low_quality_draft',
    'iterated',
    'untracked',
    'pending',
    'unneeded_field',
    'unused_content'
);

-- generations: the disposition of each, apart from unneeded fields
create temp table generations as
with attempts as (
    select
        event_key,
        episode,
        position - first_position + 1 as attempt_number,
        attempt_count,
        last_usage_date,
        used_count
    from numbered
    inner join episodes using (unit_key, episode)
),

joined as (
    select
        events.* exclude (occurred_at),
        cast(coalesce(attempts.episode, 1) as integer) as episode,
        cast(case when is_attempt then coalesce(attempt_number, 1) end as integer)
            as attempt_number,
        cast(case when is_attempt then coalesce(attempt_count, 1) end as integer)
            as attempt_count,
        coalesce(last_usage_date, usage_date) as last_usage_date,
        current_outcome,
        coalesce(is_used, false) as is_used,
        cast(coalesce(attempts.used_count, coalesce(is_used, false)) as integer)
            as used_count,
        tracked.workspace_id is not null as is_outcome_tracked,
        coalesce(
            attempts.attempt_number < attempts.attempt_count
            or attempts.used_count > cast(coalesce(is_used, false) as integer),
            false
        ) as is_thrown_away
    from events
    left join attempts on events.event_key = attempts.event_key
    left join current_outcomes on events.event_key = current_outcomes.event_key
    left join tracked on events.workspace_id = tracked.workspace_id
)

select
    *,
    case
        when not is_attempt then 'failed_generation'::disposition_rule
        when current_outcome in ('rejected', 'discarded')
            then 'rejected_content'::disposition_rule
        when is_used then 'used'::disposition_rule
        when is_thrown_away and attempt_number >= 2 and attempt_count >= 3
            then 'excess_regeneration'::disposition_rule
        when is_thrown_away and attempt_number = 1 and quality_score < 0.6
            then 'low_quality_draft'::disposition_rule
        when is_thrown_away then 'iterated'::disposition_rule
        when not is_outcome_tracked then 'untracked'::disposition_rule
        when usage_date > getvariable('as_of') - 14 then 'pending'::disposition_rule
        else 'unused_content'::disposition_rule
    end as rule
from joined;

drop table events;
drop table numbered;
drop table episodes;
drop table current_outcomes;

-- generations, of fields that nobody uses
update generations set rule = 'unneeded_field'
from (
    -- an episode is where its last attempt is
    select workspace_id, product_category, generation_type from generations
    where
        attempt_number = attempt_count
        and usage_date between getvariable('as_of') - 89 and getvariable('as_of') - 14
    group by all
    having count(*) >= 10 and sum(used_count) = 0
) as unneeded
where
    rule = 'unused_content'
    and generations.workspace_id = unneeded.workspace_id
    and generations.product_category = unneeded.product_category
    and generations.generation_type = unneeded.generation_type;
