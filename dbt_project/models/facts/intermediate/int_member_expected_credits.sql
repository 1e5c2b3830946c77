with periods as (select * from {{ ref('dim_periods') }}),

spent as (
    select
        usage.workspace_id,
        periods.period,
        usage.product_category,
        usage.generation_type,
        usage.member_id,
        sum(usage.product_credits) as credits
    from {{ ref('int_usage_by_window') }} as usage
    inner join periods
        on
            {{ is_in_period('usage') }}
    group by
        usage.workspace_id,
        periods.period,
        usage.product_category,
        usage.generation_type,
        usage.member_id
),

-- only credits that have a product are expected of one
windowed_units as (
    select
        units.workspace_id,
        product_category,
        generation_type,
        member_id,
        is_last_month,
        {{ segment_start('used_on') }} as window_start_date,
        count(*) as unit_count
    from {{ ref('int_unit_last_used') }} as units
    left join {{ ref('dim_billing_periods') }} as billing
        on units.workspace_id = billing.workspace_id
    where unit_key is not null
    group by
        units.workspace_id,
        product_category,
        generation_type,
        member_id,
        is_last_month,
        {{ segment_start('used_on') }}
),

units as (
    select
        windowed_units.workspace_id,
        periods.period,
        windowed_units.product_category,
        windowed_units.generation_type,
        windowed_units.member_id,
        sum(windowed_units.unit_count) as unit_count
    from windowed_units
    inner join periods
        on
            {{ is_in_period('windowed_units') }}
            and windowed_units.is_last_month = periods.is_last_month
    group by
        windowed_units.workspace_id,
        periods.period,
        windowed_units.product_category,
        windowed_units.generation_type,
        windowed_units.member_id
),

-- the workspace's own mean price of a (category, type), over (member, unit) pairs
cells as (
    select
        spent.workspace_id,
        spent.period,
        spent.member_id,
        units.unit_count,
        sum(spent.credits) over cell as cell_credits,
        sum(units.unit_count) over cell as cell_unit_count
    from spent
    inner join units
        on
            spent.workspace_id = units.workspace_id
            and spent.period = units.period
            and spent.product_category = units.product_category
            and spent.generation_type = units.generation_type
            and spent.member_id = units.member_id
    window cell as (
        partition by
            spent.workspace_id,
            spent.period,
            spent.product_category,
            spent.generation_type
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
