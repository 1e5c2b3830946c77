with units as (select * from {{ ref('int_changed_units') }}),

found as (
    select
        row_id,
        occurred_at
    from {{ ref('stg_generation_keys') }}
    where
        unit_hash in (
            select {{ hash_of(prefixed('units', classified_together()).split(', ')) }}
            from units
        )
),

delivered as (
    {{ first_deliveries(
        source('raw', 'generation_events'), ref('stg_repeated_deliveries'), 'found'
    ) }}
),

events as (
    select {{ generation_event_columns() }}
    from delivered
)

select
    events.*,
    false as is_superseded
from events
inner join units on {{ same_unit('events', 'units') }}
union all
-- what is there of them goes
select
    superseded.*,
    true as is_superseded
from {{ ref('int_generations_superseded') }} as superseded
