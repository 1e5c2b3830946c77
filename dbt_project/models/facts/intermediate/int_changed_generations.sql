select
    events.*,
    false as is_superseded
from {{ ref('stg_generation_events') }} as events
inner join {{ ref('int_changed_units') }} as units
    on {{ same_unit('events', 'units') }}
union all
-- what is there of them goes
select
    superseded.*,
    true as is_superseded
from {{ ref('int_generations_superseded') }} as superseded
