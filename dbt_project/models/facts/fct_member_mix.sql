with periods as (select * from {{ ref('dim_periods') }}),

generations as (select * from {{ ref('fct_generations') }}),

pairs as (
    select
        generations.workspace_id,
        periods.period,
        generations.product_category,
        generations.generation_type,
        generations.member_id,
        sum(generations.credits) as credits,
        count(distinct generations.unit_id) as unit_count
    from generations
    inner join periods on generations.usage_date >= periods.window_start_date
    group by
        generations.workspace_id,
        periods.period,
        generations.product_category,
        generations.generation_type,
        generations.member_id
),

-- the workspace's own mean price of a (category, type), over (member, unit) pairs
cells as (
    select
        workspace_id,
        period,
        member_id,
        unit_count,
        sum(credits) over cell as cell_credits,
        sum(unit_count) over cell as cell_unit_count
    from pairs
    window cell as (
        partition by workspace_id, period, product_category, generation_type
    )
)

select
    workspace_id,
    period,
    member_id,
    sum({{ exact_ratio('cell_credits * unit_count', 'cell_unit_count') }})
        as expected_credits
from cells
group by workspace_id, period, member_id
