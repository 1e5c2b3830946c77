{{ config(
    materialized='incremental',
    incremental_strategy='append',
    partition_by='usage_date',
    pre_hook="{{ remove_rows(is_on_changed_day(ref('int_redrawn_days'))) }}"
) }}

-- the pre-hook reads it: depends_on: {{ ref('int_redrawn_days') }}
with draws as (
    select
        workspace_id,
        usage_date,
        draw_number,
        line_start,
        line_start + credits as line_end
    from {{ source('facts', 'fct_lot_draws_daily') }}
    where draw_count > 1 and {{ is_on_changed_day(ref('int_redrawn_days')) }}
),

generations as (
    select
        row_id,
        workspace_id,
        usage_date,
        member_id,
        product_category,
        generation_type,
        settled_rule,
        product_id is null as is_unitless,
        credits,
        sum(credits) over (
            partition by workspace_id, usage_date
            order by occurred_at asc, source asc, event_id asc
            rows between unbounded preceding and current row
        ) as line_end
    from {{ ref('int_generations_classified') }}
    where
        credits > 0
        and (workspace_id, usage_date) in (
            select
                draws.workspace_id,
                draws.usage_date
            from draws
        )
),

-- what of the line of the day's generations lies on the line of its draws
overlapping as (
    select
        generations.*,
        draws.draw_number,
        generations.line_end - generations.credits >= draws.line_start as is_first_part,
        least(generations.line_end, draws.line_end)
        - greatest(generations.line_end - generations.credits, draws.line_start)
            as drawn_credits
    from generations
    inner join draws
        on
            generations.workspace_id = draws.workspace_id
            and generations.usage_date = draws.usage_date
            and generations.line_end > draws.line_start
            and generations.line_end - generations.credits < draws.line_end
)

select
    row_id,
    workspace_id,
    member_id,
    product_category,
    generation_type,
    settled_rule,
    is_unitless,
    cast(draw_number as bigint) as draw_number,
    is_first_part,
    cast(drawn_credits as decimal(18, 6)) as credits,
    usage_date
from overlapping
