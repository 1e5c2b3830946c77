select events.*
from {{ ref('stg_generation_events') }} as events
inner join {{ ref('fct_touched_units') }} as units
    on {{ same_unit('events', 'units') }}
