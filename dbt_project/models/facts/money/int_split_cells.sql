{{ config(
    materialized='incremental',
    incremental_strategy='append',
    partition_by='usage_date',
    pre_hook="{{ remove_rows(is_on_changed_day(ref('int_redrawn_days'))) }}"
) }}

-- the pre-hook reads it: depends_on: {{ ref('int_redrawn_days') }}
with draws as (
    select * from {{ ref('int_split_draws') }}
    where {{ is_on_changed_day(ref('int_redrawn_days')) }}
)

select
    generations.workspace_id,
    generations.member_id,
    generations.product_category,
    generations.generation_type,
    draws.draw_number,
    generations.settled_rule,
    generations.product_id is null as is_unitless,
    cast(sum(draws.credits) as decimal(38, 6)) as credits,
    generations.usage_date
from draws
inner join {{ ref('int_generations_classified') }} as generations
    on draws.usage_date = generations.usage_date and draws.row_id = generations.row_id
group by
    generations.workspace_id,
    generations.usage_date,
    generations.member_id,
    generations.product_category,
    generations.generation_type,
    draws.draw_number,
    generations.settled_rule,
    generations.product_id is null
