select
    generations.row_id,
    outcomes.outcome_id,
    outcomes.outcome,
    {{ is_use('outcomes.outcome') }} as is_use,
    {{ is_rejection('outcomes.outcome') }} as is_rejection,
    outcomes.occurred_at
from {{ ref('stg_content_outcomes') }} as outcomes
inner join {{ ref('int_generations_reported') }} as generations
    on outcomes.source = generations.source and outcomes.event_id = generations.event_id
where {{ local_date('outcomes.occurred_at', 'generations.timezone') }} <= {{ as_of() }}
