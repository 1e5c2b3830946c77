-- The floor: the usage marts of this project as one would write them once, by hand, for DuckDB.
--
-- Reads the lake, getvariable('lake')/batches/*/<feed>.parquet, and reports up to
-- getvariable('as_of'). Every rule about usage in docs/definitions.md is in it. Not in it: the
-- ledger and the forecast (Python in the product), tests, gates, history, increments, publishing.
-- Each statement is timed under the name on the line above it.
--
-- Keys are 64-bit hashes: among 20 million, two are the same in one load of 100,000, and then
-- the comparison with the product fails. Where a hash only finds what may be repeated, the
-- columns themselves decide.

-- lake: a feed as it was delivered
create temp macro lake(feed) as table
select * from read_parquet(getvariable('lake') || '/batches/*/' || feed || '.parquet');

-- lake_events
create temp view lake_events as
select
    * exclude (attributes, recorded_at, file_path, line_number),
    hash(source, event_id) as event_key
from lake('generation_events');

-- repeated_events: what may have been delivered more than once
create temp table repeated_events as
select event_key from lake_events
group by event_key
having count(*) > 1;

-- first_events: the delivery of those that counts
create temp table first_events as
select * from lake_events
semi join repeated_events using (event_key)
qualify row_number() over (
    partition by source, event_id order by batch_id, content_hash
) = 1;

-- delivered_events: each event once
create temp view delivered_events as
select * from lake_events
anti join repeated_events using (event_key)
union all
select * from first_events;

-- workspace_name
create type workspace_name as enum (select distinct workspace_id from lake_events);

-- member_name
create type member_name as enum (select distinct member_id from lake_events);

-- type_name
create type type_name as enum (select distinct generation_type from lake_events);

-- category_name
create type category_name as enum (
    select product_category from lake_events where product_category is not null
    union
    select category from lake('products') where category is not null
    union
    select '(uncategorised)'
);

-- outcome_name
create type outcome_name as enum (
    'accepted', 'edited', 'published', 'rejected', 'discarded', 'unpublished'
);

-- workspaces: their zone by the newest version, and when as_of is over there
create temp table workspaces as
with newest as (
    select workspace_id, timezone from lake('workspaces')
    qualify row_number() over (
        partition by workspace_id
        order by updated_at desc nulls last, batch_id desc, content_hash
    ) = 1
)

select
    cast(known.workspace_id as workspace_name) as workspace_id,
    coalesce(newest.timezone, 'UTC') as zone,
    timezone(zone, cast(getvariable('as_of') + 1 as timestamp)) as as_of_ends_at
from (select unnest(enum_range(null::workspace_name)) as workspace_id) as known
left join newest on known.workspace_id = newest.workspace_id;

-- events: known by as_of, on the days of their workspace
create temp table events as
select
    event_key,
    hash(delivered.workspace_id, product_id) as product_key,
    hash(delivered.workspace_id, product_id, generation_type, locale) as unit_key,
    cast(delivered.workspace_id as workspace_name) as workspace_id,
    cast(member_id as member_name) as member_id,
    cast(generation_type as type_name) as generation_type,
    cast(product_category as category_name) as product_category,
    status = 'succeeded' as is_attempt,
    credits,
    quality_score,
    occurred_at,
    cast(timezone(zone, occurred_at) as date) as usage_date
from delivered_events as delivered
inner join workspaces
    on cast(delivered.workspace_id as workspace_name) = workspaces.workspace_id
where usage_date <= getvariable('as_of');

-- retracted: the events to leave out
create temp table retracted as
with retractions as (
    select hash(source, event_id) as event_key, occurred_at from lake('event_retractions')
    qualify row_number() over (
        partition by source, retraction_id order by batch_id, content_hash
    ) = 1
)

select events.event_key from events
inner join retractions on events.event_key = retractions.event_key
inner join workspaces on events.workspace_id = workspaces.workspace_id
where retractions.occurred_at < as_of_ends_at;

-- events, less the retracted
delete from events using retracted where events.event_key = retracted.event_key;

-- products: the newest version, of workspaces that leave the category to them
create temp table products as
select hash(workspace_id, product_id) as product_key, category from lake('products')
semi join (select workspace_id from events where product_category is null)
    using (workspace_id)
qualify row_number() over (
    partition by workspace_id, product_id
    order by updated_at desc nulls last, batch_id desc, content_hash
) = 1;

-- events, with the category of the product
update events set product_category = cast(products.category as category_name)
from products
where events.product_category is null and events.product_key = products.product_key;

-- events, with a word for no category
update events set product_category = '(uncategorised)' where product_category is null;

-- lake_outcomes
create temp view lake_outcomes as
select *, hash(source, outcome_id) as outcome_key from lake('content_outcomes');

-- repeated_outcomes: what may have been delivered more than once
create temp table repeated_outcomes as
select outcome_key from lake_outcomes
group by outcome_key
having count(*) > 1;

-- outcomes: known by as_of, of events that are reported
create temp table outcomes as
with delivered as (
    select * from lake_outcomes
    anti join repeated_outcomes using (outcome_key)
    union all
    select * from lake_outcomes
    semi join repeated_outcomes using (outcome_key)
    qualify row_number() over (
        partition by source, outcome_id order by batch_id, content_hash
    ) = 1
)

select
    events.event_key,
    events.workspace_id,
    delivered.outcome_id,
    cast(delivered.outcome as outcome_name) as outcome,
    delivered.occurred_at
from delivered
inner join events on hash(delivered.source, delivered.event_id) = events.event_key
inner join workspaces on events.workspace_id = workspaces.workspace_id
where delivered.occurred_at < as_of_ends_at;

-- current_outcomes: the newest that says what became of it
create temp table current_outcomes as
select
    event_key,
    arg_max(outcome, (occurred_at, outcome_id)) as current_outcome,
    current_outcome in ('accepted', 'edited', 'published') as is_used
from outcomes
where outcome <> 'unpublished'
group by event_key;

-- returning_units: those with several attempts; of the others nothing need be put in order
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
    row_number() over attempts as place
from events
semi join returning_units using (unit_key)
where is_attempt
window attempts as (partition by unit_key order by occurred_at);

-- ties: attempts of a unit at the same instant go by their ids
create temp table ties as
select
    ordered.event_key,
    unit_key,
    min(place) over instant + row_number() over (instant order by source, event_id) - 1
        as place
from ordered
semi join (select unit_key, occurred_at from ordered where previous_at = occurred_at) as tied
    using (unit_key, occurred_at)
inner join delivered_events using (event_key)
window instant as (partition by unit_key, ordered.occurred_at);

-- ordered, ties too
update ordered set event_key = ties.event_key
from ties
where ordered.unit_key = ties.unit_key and ordered.place = ties.place;

-- closed: attempts with a use of an earlier one since the one before
create temp table closed as
select distinct ordered.unit_key, ordered.place
from ordered
inner join (
    select earlier.unit_key, earlier.place, outcomes.occurred_at
    from outcomes
    inner join ordered as earlier on outcomes.event_key = earlier.event_key
    where outcomes.outcome in ('accepted', 'edited', 'published')
) as uses
    on
        ordered.unit_key = uses.unit_key
        and uses.occurred_at between ordered.previous_at and ordered.occurred_at
        and uses.place < ordered.place;

-- tracked: workspaces that report outcomes
create temp table tracked as
select distinct workspace_id from outcomes;

drop table outcomes;

-- numbered: those attempts with the number of their episode
create temp table numbered as
select
    ordered.event_key,
    ordered.unit_key,
    ordered.place,
    count(*) filter (
        previous_at is null
        or occurred_at - previous_at > interval '168 hours'
        or closed.place is not null
    ) over (
        partition by ordered.unit_key order by ordered.place rows unbounded preceding
    ) as episode
from ordered
left join closed on ordered.unit_key = closed.unit_key and ordered.place = closed.place;

drop table ordered;

-- episodes: of those units
create temp table episodes as
select
    numbered.unit_key,
    episode,
    min(place) as first_place,
    count(*) as attempt_count,
    max(events.usage_date) as last_usage_date,
    count(*) filter (is_used) as used_count
from numbered
inner join events on numbered.event_key = events.event_key
left join current_outcomes on numbered.event_key = current_outcomes.event_key
group by numbered.unit_key, episode;

-- generations: what became of each, but for rule 9
create temp table generations as
with attempts as (
    select
        event_key,
        episode,
        place - first_place + 1 as attempt_number,
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
    cast(case
        when not is_attempt then 1
        when current_outcome in ('rejected', 'discarded') then 2
        when is_used then 3
        when is_thrown_away and attempt_number >= 2 and attempt_count >= 3 then 4
        when is_thrown_away and attempt_number = 1 and quality_score < 0.6 then 5
        when is_thrown_away then 6
        when not is_outcome_tracked then 7
        when usage_date > getvariable('as_of') - 14 then 8
        else 10
    end as tinyint) as rule
from joined;

drop table events;
drop table numbered;
drop table episodes;
drop table current_outcomes;

-- generations, of fields that nobody uses
update generations set rule = 9
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
    rule = 10
    and generations.workspace_id = unneeded.workspace_id
    and generations.product_category = unneeded.product_category
    and generations.generation_type = unneeded.generation_type;

-- usage_daily: the additive cube
create table usage_daily as
select
    cast(workspace_id as varchar) as workspace_id,
    usage_date,
    cast(member_id as varchar) as member_id,
    cast(product_category as varchar) as product_category,
    cast(generation_type as varchar) as generation_type,
    sum(credits) as credits,
    count(*) as generation_count,
    count(attempt_number) as attempt_count,
    count(*) filter (attempt_number >= 2) as regeneration_count,
    coalesce(sum(credits) filter (rule = 3), 0) as used_credits,
    coalesce(sum(credits) filter (rule = 6), 0) as iterated_credits,
    coalesce(sum(credits) filter (rule not in (3, 6, 7, 8)), 0) as wasted_credits,
    coalesce(sum(credits) filter (rule = 8), 0) as pending_credits,
    coalesce(sum(credits) filter (rule = 7), 0) as untracked_credits
from generations
group by
    generations.workspace_id,
    usage_date,
    generations.member_id,
    generations.product_category,
    generations.generation_type;

-- recent: the last 90 days, and the shortest window that each belongs to
create temp view recent as
select
    *,
    case
        when usage_date > getvariable('as_of') - 7 then 7
        when usage_date > getvariable('as_of') - 30 then 30
        else 90
    end as days,
    attempt_number = 1
    and is_outcome_tracked
    and last_usage_date <= getvariable('as_of') - 14 as opens_mature_episode
from generations
where usage_date > getvariable('as_of') - 90;

-- recent_cells: what adds up
create temp table recent_cells as
select
    workspace_id,
    days,
    member_id,
    product_category,
    generation_type,
    rule,
    sum(credits) as credits,
    count(*) as generation_count,
    count(attempt_number) as attempt_count,
    count(*) filter (attempt_number >= 2) as regeneration_count,
    count(*) filter (attempt_number = 1) as first_pass_count,
    count(quality_score) filter (attempt_number = 1) as first_pass_scored_count,
    sum(cast(quality_score as decimal(38, 17))) filter (attempt_number = 1)
        as first_pass_quality,
    count(*) filter (opens_mature_episode) as mature_episode_count,
    count(*) filter (opens_mature_episode and attempt_count = 1 and is_used)
        as first_pass_episode_count
from recent
group by all;

-- recent_units: who worked on what, and in which window last
create temp table recent_units as
select
    workspace_id,
    member_id,
    product_category,
    generation_type,
    product_key,
    unit_key,
    min(days) as days,
    min(days) filter (attempt_number is not null) as attempt_days,
    min(days) filter (attempt_number >= 2) as regeneration_days
from recent
group by all;

-- unit_counts: distinct units by scope
create temp table unit_counts as
with units as (
    select
        workspace_id,
        member_id,
        product_category,
        generation_type,
        min(attempt_days) as attempt_days,
        min(regeneration_days) as regeneration_days
    from recent_units
    group by grouping sets (
        (workspace_id, unit_key),
        (workspace_id, unit_key, member_id),
        (workspace_id, unit_key, product_category),
        (workspace_id, unit_key, generation_type)
    )
)

select
    workspace_id,
    unnest([7, 30, 90]) as days,
    member_id,
    product_category,
    generation_type,
    unnest([
        count(*) filter (attempt_days <= 7),
        count(*) filter (attempt_days <= 30),
        count(attempt_days)
    ]) as attempted_unit_count,
    unnest([
        count(*) filter (regeneration_days <= 7),
        count(*) filter (regeneration_days <= 30),
        count(regeneration_days)
    ]) as regenerated_unit_count
from units
group by workspace_id, member_id, product_category, generation_type;

-- product_counts: distinct products by scope
create temp table product_counts as
with products as (
    select
        workspace_id,
        member_id,
        product_category,
        generation_type,
        min(days) as days
    from recent_units
    group by grouping sets (
        (workspace_id, product_key),
        (workspace_id, product_key, member_id),
        (workspace_id, product_key, product_category),
        (workspace_id, product_key, generation_type)
    )
)

select
    workspace_id,
    unnest([7, 30, 90]) as days,
    member_id,
    product_category,
    generation_type,
    unnest([
        count(*) filter (products.days <= 7),
        count(*) filter (products.days <= 30),
        count(*)
    ]) as product_count
from products
group by workspace_id, member_id, product_category, generation_type;

-- periods
create temp table periods (days) as values (7), (30), (90);

-- usage_by_scope: every measure of a workspace, and by member, category and type, in each window
create temp table usage_by_scope as
with summed as (
    select
        workspace_id,
        periods.days,
        member_id,
        product_category,
        generation_type,
        sum(credits) as credits,
        sum(generation_count) as generation_count,
        sum(attempt_count) as attempt_count,
        sum(regeneration_count) as regeneration_count,
        sum(first_pass_count) as first_pass_count,
        sum(first_pass_scored_count) as first_pass_scored_count,
        sum(first_pass_quality) as first_pass_quality,
        sum(mature_episode_count) as mature_episode_count,
        sum(first_pass_episode_count) as first_pass_episode_count,
        count(distinct member_id) as member_count,
        coalesce(sum(credits) filter (rule = 3), 0) as used_credits,
        coalesce(sum(credits) filter (rule = 6), 0) as iterated_credits,
        coalesce(sum(credits) filter (rule not in (3, 6, 7, 8)), 0) as wasted_credits,
        coalesce(sum(credits) filter (rule = 8), 0) as pending_credits,
        coalesce(sum(credits) filter (rule = 7), 0) as untracked_credits
    from recent_cells
    inner join periods on recent_cells.days <= periods.days
    group by grouping sets (
        (workspace_id, periods.days),
        (workspace_id, periods.days, member_id),
        (workspace_id, periods.days, product_category),
        (workspace_id, periods.days, generation_type)
    )
)

select
    summed.workspace_id,
    summed.days || 'd' as period,
    summed.member_id,
    summed.product_category,
    summed.generation_type,
    credits,
    credits / nullif(sum(credits) over scope, 0) as credit_share,
    rank() over (scope order by credits desc) as spend_rank,
    generation_count,
    attempt_count,
    regeneration_count,
    regeneration_count / nullif(attempt_count, 0) as regeneration_rate,
    attempted_unit_count,
    regenerated_unit_count,
    regenerated_unit_count / nullif(attempted_unit_count, 0) as regenerated_unit_rate,
    product_count,
    member_count,
    credits / product_count as credits_per_product,
    first_pass_quality / nullif(first_pass_scored_count, 0) as first_pass_quality_score,
    first_pass_scored_count,
    first_pass_count,
    first_pass_episode_count / nullif(mature_episode_count, 0) as first_pass_yield,
    first_pass_episode_count,
    mature_episode_count,
    used_credits,
    iterated_credits,
    wasted_credits,
    pending_credits,
    untracked_credits,
    wasted_credits / nullif(credits, 0) as waste_rate
from summed
inner join unit_counts
    on
        summed.workspace_id = unit_counts.workspace_id
        and summed.days = unit_counts.days
        and summed.member_id is not distinct from unit_counts.member_id
        and summed.product_category is not distinct from unit_counts.product_category
        and summed.generation_type is not distinct from unit_counts.generation_type
inner join product_counts
    on
        summed.workspace_id = product_counts.workspace_id
        and summed.days = product_counts.days
        and summed.member_id is not distinct from product_counts.member_id
        and summed.product_category is not distinct from product_counts.product_category
        and summed.generation_type is not distinct from product_counts.generation_type
window scope as (
    partition by
        summed.workspace_id,
        summed.days,
        summed.member_id is null,
        summed.product_category is null,
        summed.generation_type is null
);

-- usage_by_category
create table usage_by_category as
select
    cast(workspace_id as varchar) as workspace_id,
    cast(product_category as varchar) as product_category,
    * exclude (workspace_id, member_id, product_category, generation_type)
from usage_by_scope
where product_category is not null;

-- usage_by_generation_type
create table usage_by_generation_type as
select
    cast(workspace_id as varchar) as workspace_id,
    cast(generation_type as varchar) as generation_type,
    case cast(generation_type as varchar)
        when 'description' then 'Descriptions'
        when 'meta' then 'Meta tags'
        when 'bullets' then 'Bullet points'
        when 'keywords' then 'Keywords'
        else cast(generation_type as varchar)
    end as generation_type_name,
    * exclude (workspace_id, member_id, product_category, generation_type)
from usage_by_scope
where generation_type is not null;

-- member_mix: what each member's fields would have cost at the workspace's own prices
create temp table member_mix as
with worked_on as (
    select
        workspace_id,
        periods.days,
        member_id,
        product_category,
        generation_type,
        count(*) as unit_count
    from recent_units
    inner join periods on recent_units.days <= periods.days
    group by all
),

cells as (
    select
        workspace_id,
        days,
        product_category,
        generation_type,
        sum(unit_count) as cell_unit_count
    from worked_on
    group by all
),

charged as (
    select
        workspace_id,
        periods.days,
        product_category,
        generation_type,
        sum(credits) as cell_credits
    from recent_cells
    inner join periods on recent_cells.days <= periods.days
    group by all
)

select
    workspace_id,
    days || 'd' as period,
    member_id,
    sum(cell_credits * unit_count / cell_unit_count) as expected_credits
from worked_on
inner join cells using (workspace_id, days, product_category, generation_type)
inner join charged using (workspace_id, days, product_category, generation_type)
group by all;

-- members: the newest version of each
create temp table members as
select workspace_id, member_id, name, team from lake('members')
qualify row_number() over (
    partition by workspace_id, member_id
    order by updated_at desc nulls last, batch_id desc, content_hash
) = 1;

-- usage_by_member
create table usage_by_member as
with compared as (
    select
        workspace_id,
        period,
        first(
            member_id
            order by credits_per_product, product_count desc, cast(member_id as varchar)
        ) as most_efficient_member_id
    from usage_by_scope
    where member_id is not null and product_count >= 10
    group by workspace_id, period
    having count(*) >= 2
)

select
    cast(usage.workspace_id as varchar) as workspace_id,
    cast(usage.member_id as varchar) as member_id,
    coalesce(members.name, cast(usage.member_id as varchar)) as member_name,
    members.team,
    usage.* exclude (workspace_id, member_id, product_category, generation_type),
    member_mix.expected_credits,
    usage.credits / nullif(expected_credits, 0) as mix_adjusted_efficiency,
    coalesce(usage.member_id = most_efficient_member_id, false) as is_most_efficient
from usage_by_scope as usage
inner join member_mix
    on
        usage.workspace_id = member_mix.workspace_id
        and usage.period = member_mix.period
        and usage.member_id = member_mix.member_id
left join members
    on
        cast(usage.workspace_id as varchar) = members.workspace_id
        and cast(usage.member_id as varchar) = members.member_id
left join compared
    on usage.workspace_id = compared.workspace_id and usage.period = compared.period
where usage.member_id is not null;

-- credit_summary: its measures of usage
create table credit_summary as
with started as (
    select
        workspace_id,
        getvariable('as_of') - min(usage_date) + 1 as age_days
    from usage_daily
    group by workspace_id
)

select
    started.workspace_id,
    periods.days || 'd' as period,
    coalesce(usage.credits, 0) as credits_used,
    coalesce(usage.credits, 0) / least(periods.days, age_days) as burn_rate,
    least(periods.days, age_days) as burn_rate_days,
    -- a window without usage has no rates, but its counts are 0
    coalesce(usage.generation_count, 0) as generation_count,
    coalesce(usage.attempt_count, 0) as attempt_count,
    coalesce(usage.regeneration_count, 0) as regeneration_count,
    coalesce(usage.attempted_unit_count, 0) as attempted_unit_count,
    coalesce(usage.regenerated_unit_count, 0) as regenerated_unit_count,
    coalesce(usage.product_count, 0) as product_count,
    coalesce(usage.member_count, 0) as member_count,
    coalesce(usage.first_pass_scored_count, 0) as first_pass_scored_count,
    coalesce(usage.first_pass_count, 0) as first_pass_count,
    coalesce(usage.first_pass_episode_count, 0) as first_pass_episode_count,
    coalesce(usage.mature_episode_count, 0) as mature_episode_count,
    coalesce(usage.used_credits, 0) as used_credits,
    coalesce(usage.iterated_credits, 0) as iterated_credits,
    coalesce(usage.wasted_credits, 0) as wasted_credits,
    coalesce(usage.pending_credits, 0) as pending_credits,
    coalesce(usage.untracked_credits, 0) as untracked_credits,
    usage.regeneration_rate,
    usage.regenerated_unit_rate,
    usage.credits_per_product,
    usage.first_pass_quality_score,
    usage.first_pass_yield,
    usage.waste_rate,
    best.member_id as most_efficient_member_id
from started
cross join periods
left join (
    select * from usage_by_scope
    where member_id is null and product_category is null and generation_type is null
) as usage
    on
        started.workspace_id = cast(usage.workspace_id as varchar)
        and usage.period = periods.days || 'd'
left join usage_by_member as best
    on
        started.workspace_id = best.workspace_id
        and best.period = periods.days || 'd'
        and best.is_most_efficient;

-- reasons
create temp table reasons (rule, waste_reason) as
values
(1, 'failed_generation'),
(2, 'rejected_content'),
(4, 'excess_regeneration'),
(5, 'low_quality_draft'),
(9, 'unneeded_field'),
(10, 'unused_content');

-- waste_by_reason
create table waste_by_reason as
select
    summary.workspace_id,
    summary.period,
    waste_reason,
    sum(cells.credits) as wasted_credits,
    sum(cells.generation_count) as generation_count,
    sum(cells.credits) / nullif(summary.credits_used, 0) as share_of_credits
from recent_cells as cells
inner join reasons on cells.rule = reasons.rule
inner join periods on cells.days <= periods.days
inner join credit_summary as summary
    on
        cast(cells.workspace_id as varchar) = summary.workspace_id
        and summary.period = periods.days || 'd'
group by summary.workspace_id, summary.period, waste_reason, summary.credits_used;

-- generation_details: the last 90 days, with all that was delivered
create table generation_details as
select
    delivered.source,
    delivered.event_id,
    delivered.workspace_id,
    delivered.member_id,
    product_id,
    delivered.generation_type,
    locale,
    cast(judged.product_category as varchar) as product_category,
    ruleset_id,
    template_id,
    model,
    provider,
    status,
    judged.unit_key,
    judged.episode,
    attempt_number,
    attempt_count,
    coalesce(attempt_number >= 2, false) as is_regeneration,
    cast(current_outcome as varchar) as current_outcome,
    case judged.rule
        when 3 then 'used'
        when 6 then 'iterated'
        when 7 then 'untracked'
        when 8 then 'pending'
        else 'wasted'
    end as disposition,
    waste_reason,
    not is_attempt as is_failed,
    coalesce(current_outcome in ('rejected', 'discarded'), false) as is_rejected,
    coalesce(is_thrown_away and attempt_number >= 2 and attempt_count >= 3, false)
        as is_excess_regeneration,
    coalesce(
        is_thrown_away and attempt_number = 1 and delivered.quality_score < 0.6, false
    ) as is_low_quality_draft,
    is_attempt
    and not is_used
    and is_outcome_tracked
    and usage_date <= getvariable('as_of') - 14 as is_unused,
    delivered.credits,
    delivered.quality_score,
    input_tokens,
    output_tokens,
    latency_ms,
    timezone('UTC', delivered.occurred_at) as occurred_at,
    usage_date
from delivered_events as delivered
inner join (
    select * from generations where usage_date > getvariable('as_of') - 90
) as judged on delivered.event_key = judged.event_key
left join reasons on judged.rule = reasons.rule
-- so that older files are not read: no zone is further than that from UTC
where delivered.occurred_at > getvariable('as_of') - interval '92 days';
