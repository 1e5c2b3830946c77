select events.*
from {{ ref('stg_generation_events') }} as events
inner join {{ ref('int_changed_units') }} as units
    on {{ same_unit('events', 'units') }}
