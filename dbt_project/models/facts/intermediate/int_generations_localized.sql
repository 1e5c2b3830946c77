{{ config(materialized='view') }}

with generations as (
    select * from {{ ref('int_changed_generations') }}
    where not is_superseded
    union all
    select
        events.*,
        false as is_superseded
    from {{ ref('stg_generation_events') }} as events
    where not {{ in_increment() }}
)

select
    generations.*,
    workspaces.timezone,
    {{ local_date('generations.occurred_at', 'workspaces.timezone') }} as usage_date
from generations
inner join {{ ref('dim_workspaces') }} as workspaces
    on generations.workspace_id = workspaces.workspace_id
