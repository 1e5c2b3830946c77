with outcomes as (select * from {{ ref('stg_content_outcomes') }}),

generations as (select * from {{ ref('fct_reported_generations') }}),

workspaces as (select * from {{ ref('dim_workspaces') }})

select
    outcomes.source,
    outcomes.outcome_id,
    outcomes.event_id,
    generations.workspace_id,
    generations.unit_id,
    outcomes.outcome,
    outcomes.outcome in ('accepted', 'edited', 'published') as is_use,
    outcomes.outcome in ('rejected', 'discarded') as is_rejection,
    outcomes.edit_ratio,
    outcomes.occurred_at
from outcomes
inner join generations
    on outcomes.source = generations.source and outcomes.event_id = generations.event_id
inner join workspaces on generations.workspace_id = workspaces.workspace_id
where {{ local_date('outcomes.occurred_at', 'workspaces.timezone') }} <= {{ as_of() }}
