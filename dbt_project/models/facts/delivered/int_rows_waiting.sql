{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_reclassified(ref('int_changed_generations'))) }}"
) }}

-- the pre-hook reads it: depends_on: {{ ref('int_changed_generations') }}
with generations as (select * from {{ ref('int_generations_localized') }})

select
    generations.row_id,
    'generation_events' as feed,
    generations.source as row_scope,
    generations.event_id as delivered_id,
    generations.usage_date as waits_for
from generations
inner join {{ ref('int_generations_excluded') }} as excluded
    on generations.row_id = excluded.row_id and excluded.exclusion_reason = 'later'
{%- for feed, key, rows in [
    ('content_outcomes', 'outcome_id', ref('stg_content_outcomes')),
    ('event_retractions', 'retraction_id', ref('stg_event_retractions')),
] %}
union all
select
    generations.row_id,
    '{{ feed }}' as feed,
    later.source as row_scope,
    later.{{ key }} as delivered_id,
    {{ local_date('later.occurred_at', 'generations.timezone') }} as waits_for
from {{ rows }} as later
inner join generations
    on later.source = generations.source and later.event_id = generations.event_id
where
    -- wherever on earth; it leaves few rows to join
    cast(later.occurred_at as date) >= {{ as_of() }}
    and {{ local_date('later.occurred_at', 'generations.timezone') }} > {{ as_of() }}
{%- endfor %}
