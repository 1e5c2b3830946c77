{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(
        is_referred_again(ref('int_references'), ref('stg_generation_events'))
    ) }}"
) }}

-- the pre-hook reads them: depends_on: {{ ref('int_references') }}
with events as (select * from {{ ref('stg_generation_events') }}),

arrived as (
    select * from {{ ref('int_references') }}
    where {{ is_new_batch() }}
),

known as (
    select distinct
        events.source,
        events.event_id
    from events
    inner join arrived
        on events.source = arrived.source and events.event_id = arrived.event_id
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
    from unmatched
    inner join arrived
        on
            unmatched.feed = arrived.feed
            and unmatched.reference_id = arrived.reference_id
            and unmatched.event_id = arrived.event_id
            and unmatched.batch_id < arrived.batch_id
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
    from unknown
    inner join events on unknown.event_id = events.event_id
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
