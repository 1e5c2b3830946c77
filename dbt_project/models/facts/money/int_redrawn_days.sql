{%- set laid_out = this.incorporate(path={'identifier': 'int_lot_draws_laid_out'}) %}
{%- set draw = 'workspace_id, usage_date, draw_number, lot_id, line_start, credits' %}

-- days with several draws, of which one is not as when the day was split
with differing as (
    select
        workspace_id,
        usage_date
    from (
        select
            {{ draw }},
            1 as side
        from {{ source('facts', 'fct_lot_draws_daily') }}
        where draw_count > 1 and {{ in_increment() }}
        {%- if is_increment() %}
        union all
        select
            {{ draw }},
            -1 as side
        from {{ laid_out }}
        {%- endif %}
    ) as both_sides
    group by {{ draw }}
    having sum(side) <> 0
)

select
    workspace_id,
    usage_date
from differing
union
select
    workspace_id,
    usage_date
from {{ ref('int_changed_days') }}
