-- The floor, 1 of 3: which events and outcomes are reported.
--
-- The floor is the usage marts of this project as one would write them once, by hand, for DuckDB.
-- It reads the lake, getvariable('lake')/batches/*/<feed>.parquet, and reports up to
-- getvariable('as_of'). Every rule about usage in docs/definitions.md is in it. Not in it: the
-- ledger and the forecast (Python in the product), tests, gates, history, increments, publishing.
-- Each statement is timed under the name on the line above it.
--
-- Keys are hashes of 128 bits, of which no two are the same.

-- lake: a feed as it was delivered
create temp macro lake(feed) as table
select * from read_parquet(getvariable('lake') || '/batches/*/' || feed || '.parquet');

-- key_of: two texts as one number
create temp macro key_of(scope, id) as md5_number(scope || chr(0) || id);

-- unit_of: a content unit as one number; a missing locale is its own value
create temp macro unit_of(workspace, product, kind, locale) as md5_number(
    workspace || chr(0) || product || chr(0) || kind || chr(0) || coalesce(locale, chr(1))
);

-- lake_events
create temp view lake_events as
select
    * exclude (attributes, recorded_at, file_path, line_number),
    key_of(source, event_id) as event_key
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
    key_of(delivered.workspace_id, product_id) as product_key,
    unit_of(delivered.workspace_id, product_id, generation_type, locale) as unit_key,
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
    select key_of(source, event_id) as event_key, occurred_at from lake('event_retractions')
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
select key_of(workspace_id, product_id) as product_key, category from lake('products')
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
select *, key_of(source, outcome_id) as outcome_key from lake('content_outcomes');

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
inner join events on key_of(delivered.source, delivered.event_id) = events.event_key
inner join workspaces on events.workspace_id = workspaces.workspace_id
where delivered.occurred_at < as_of_ends_at;
