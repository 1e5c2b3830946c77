{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(
        is_referred_again(ref('int_references'), ref('stg_generation_events'))
    ) }}"
) }}

-- the pre-hook reads them: depends_on: {{ ref('int_references') }}
with events as (
    select * from {{ ref('int_generations_affected') }}
    union all
    select * from {{ ref('stg_generation_events') }}
    where not {{ in_increment() }}
),

arrived as (
    select * from {{ ref('int_references') }}
    where {{ is_new_batch() }}
),

known as (
    select
        events.source,
        events.event_id
    from events
    {%- if is_increment() %}
    where
        (events.source, events.event_id) in (
            select
                arrived.source,
                arrived.event_id
            from arrived
        )
    {%- endif %}
),

unmatched as (
    select arrived.*
    from arrived
    left join known
        on arrived.source = known.source and arrived.event_id = known.event_id
    where known.event_id is null
),

-- one that came again with the same ids, now under another source, is corrected
corrected as (
    select distinct
        unmatched.feed,
        unmatched.reference_scope,
        unmatched.reference_id
    from arrived
    inner join unmatched
        on
            arrived.feed = unmatched.feed
            and arrived.reference_id = unmatched.reference_id
            and arrived.event_id = unmatched.event_id
            and arrived.batch_id > unmatched.batch_id
),

unknown as (
    select unmatched.*
    from unmatched
    left join corrected
        on
            unmatched.feed = corrected.feed
            and unmatched.reference_scope = corrected.reference_scope
            and unmatched.reference_id = corrected.reference_id
    where corrected.feed is null
),

-- sources that have an event of that id, whichever of the two arrived last
elsewhere as (
    select
        unknown.*,
        events.source as other_source
    from events
    inner join unknown on events.event_id = unknown.event_id
    {%- if is_increment() and is_incremental() %}
    union all
    select
        earlier.feed,
        earlier.reference_scope,
        earlier.reference_id,
        earlier.source,
        earlier.event_id,
        earlier.batch_id,
        events.source as other_source
    from {{ this }} as earlier
    inner join events on earlier.event_id = events.event_id
    left join {{ this }} as hinted
        on
            earlier.feed = hinted.feed
            and earlier.reference_scope = hinted.reference_scope
            and earlier.reference_id = hinted.reference_id
            and events.source = hinted.other_source
    where
        {{ is_new_batch('events.batch_id') }}
        and earlier.other_source is null
        and hinted.feed is null
    {%- endif %}
)

select
    unknown.*,
    cast(null as string) as other_source
from unknown
union all
select * from elsewhere
