-- The P99 of the other charges is the ceil(0.99 x (n - 1))-th smallest of all n, unless
-- the charge itself ranks at or before it; then it is not above the P99 anyway. So one
-- ranking of a day's window serves every charge of the day. Counts below powers of ten
-- first exclude windows not worth ranking: a busy workspace has millions of rows each.
{%- set powers = ['0.1', '1', '10', '100', '1000', '10000'] %}

-- no CTE, which would hold all of it in memory: it may have millions of rows
{%- set generations = ref('int_generations_classified') %}

with costly_workspaces as (
    select distinct workspace_id
    from {{ generations }}
    where credits >= 100
),

days as (
    select
        generations.workspace_id,
        generations.usage_date,
        max(generations.credits) as highest_credits,
        count(*) as generation_count
        {%- for power in powers %},
        sum(case when generations.credits < {{ power }} then 1 else 0 end)
            as below_{{ loop.index }}
        {%- endfor %}
    from {{ generations }} as generations
    inner join costly_workspaces
        on generations.workspace_id = costly_workspaces.workspace_id
    group by generations.workspace_id, generations.usage_date
),

stacked as (
    select
        workspace_id,
        usage_date,
        highest_credits,
        sum(generation_count) over last_90_days - 1 as other_count
        {%- for power in powers %},
        sum(below_{{ loop.index }}) over last_90_days as below_{{ loop.index }}
        {%- endfor %}
    from days
    window last_90_days as (
        partition by workspace_id
        order by usage_date
        range between interval '89' day preceding and current row
    )
),

costly_days as (
    select
        workspace_id,
        usage_date
    from stacked
    where
        highest_credits >= 100
        and other_count > 0
        -- the P99 is at least the largest power of ten that it exceeds
        and highest_credits >= 1000 * case
            {%- for power in powers %}
            when below_{{ loop.index }} * 100 >= other_count * 99
                then {{ powers[loop.index0 - 1] if not loop.first else 0 }}
            {%- endfor %}
            else {{ powers | last }}
        end
),

ranked as (
    select
        days.workspace_id,
        days.usage_date,
        -- 1,000 times a charge may have more digits than a charge
        cast(generations.credits as decimal(38, 6)) as credits,
        row_number() over (
            partition by days.workspace_id, days.usage_date
            order by generations.credits
        ) as credits_rank,
        count(*) over (
            partition by days.workspace_id, days.usage_date
        ) - 1 as other_count
    from costly_days as days
    inner join {{ generations }} as generations
        on
            days.workspace_id = generations.workspace_id
            and days.usage_date >= generations.usage_date
            and days.usage_date < generations.usage_date + interval '90' day
),

usual as (
    select
        workspace_id,
        usage_date,
        max(other_count) as other_count,
        min(credits) as p99_credits
    from ranked
    where credits_rank * 100 >= other_count * 99
    group by workspace_id, usage_date
)

select
    generations.row_id,
    generations.source,
    generations.event_id,
    generations.workspace_id,
    generations.member_id,
    generations.product_category,
    generations.generation_type,
    generations.usage_date,
    cast(generations.credits as decimal(38, 6)) as credits,
    usual.p99_credits
from {{ generations }} as generations
inner join usual
    on
        generations.workspace_id = usual.workspace_id
        and generations.usage_date = usual.usage_date
where
    generations.credits >= 100
    and generations.credits >= 1000 * usual.p99_credits
    and (usual.p99_credits > 0 or usual.other_count >= 10)
