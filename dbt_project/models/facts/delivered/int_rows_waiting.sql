{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_reclassified(ref('int_changed_generations'))) }}"
) }}

-- the pre-hook reads it: depends_on: {{ ref('int_changed_generations') }}
{%- set feeds = {
    'content_outcomes': 'outcome_id', 'event_retractions': 'retraction_id'
} %}
{%- set rows = {
    'content_outcomes': ref('int_outcomes_of_changed'),
    'event_retractions': ref('stg_event_retractions'),
} %}

-- later wherever on earth: few rows to join
with later as (
    {%- for feed, key in feeds.items() %}
    select
        '{{ feed }}' as feed,
        source,
        {{ key }} as delivered_id,
        event_id,
        occurred_at
    from {{ rows[feed] }}
    where cast(occurred_at as date) >= {{ as_of() }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    generations.row_id,
    'generation_events' as feed,
    generations.source as row_scope,
    generations.event_id as delivered_id,
    excluded.usage_date as waits_for
from {{ ref('int_generations_localized') }} as generations
inner join {{ ref('int_generations_excluded') }} as excluded
    on generations.row_id = excluded.row_id and excluded.exclusion_reason = 'later'
union all
select
    generations.row_id,
    later.feed,
    later.source as row_scope,
    later.delivered_id,
    {{ local_date('later.occurred_at', 'generations.timezone') }} as waits_for
from {{ ref('int_generations_localized') }} as generations
inner join later
    on generations.source = later.source and generations.event_id = later.event_id
where {{ local_date('later.occurred_at', 'generations.timezone') }} > {{ as_of() }}
