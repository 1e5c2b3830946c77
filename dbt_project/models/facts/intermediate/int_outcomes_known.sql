select
    generations.row_id,
    outcomes.row_id as outcome_row_id,
    outcomes.outcome,
    {{ is_use('outcomes.outcome') }} as is_use,
    {{ is_rejection('outcomes.outcome') }} as is_rejection,
    outcomes.occurred_at
from {{ ref('int_outcomes_of_changed') }} as outcomes
inner join {{ ref('int_generations_reported') }} as generations
    on outcomes.source = generations.source and outcomes.event_id = generations.event_id
where
    -- which day it is there matters only close to as_of
    case
        when cast(outcomes.occurred_at as date) < {{ as_of(1) }} then true
        else
            {{ local_date('outcomes.occurred_at', 'generations.timezone') }}
            <= {{ as_of() }}
    end
