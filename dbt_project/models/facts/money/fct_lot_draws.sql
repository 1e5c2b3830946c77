{{ config(materialized='view') }}

with draws as (select * from {{ source('facts', 'fct_lot_draws_daily') }}),

-- most days have one draw, which pays for all of their generations: they are not stored
drawn as (
    select
        generations.row_id,
        generations.workspace_id,
        generations.usage_date,
        draws.draw_number,
        cast(generations.credits as decimal(18, 6)) as credits
    from {{ ref('int_generations_classified') }} as generations
    inner join draws
        on
            generations.workspace_id = draws.workspace_id
            and generations.usage_date = draws.usage_date
    where draws.draw_count = 1 and generations.credits > 0
    union all
    select
        row_id,
        workspace_id,
        usage_date,
        draw_number,
        credits
    from {{ ref('int_split_draws') }}
)

select
    drawn.row_id,
    drawn.workspace_id,
    drawn.usage_date,
    drawn.draw_number,
    draws.draw_kind,
    draws.lot_id,
    drawn.credits,
    draws.unit_price,
    draws.currency,
    {{ cost_of('drawn.credits', 'draws.unit_price') }} as cost
from drawn
inner join draws
    on
        drawn.workspace_id = draws.workspace_id
        and drawn.usage_date = draws.usage_date
        and drawn.draw_number = draws.draw_number
