with periods as (select * from {{ ref('dim_periods') }}),

usage as (select * from {{ ref('int_usage_by_window') }}),

units as (
    select * from {{ ref('int_unit_last_used') }}
    -- only credits that have a product are expected of one
    where unit_key is not null
),

spent as (
    {%- for scope, id in {'member': 'member_id', 'team': 'team'}.items() %}
    select
        usage.workspace_id,
        periods.period,
        '{{ scope }}' as scope,
        usage.{{ id }} as scope_id,
        usage.product_category,
        usage.generation_type,
        sum(usage.product_credits) as credits
    from usage
    inner join periods
        on
            {{ is_in_period('usage') }}
    group by
        usage.workspace_id,
        periods.period,
        usage.{{ id }},
        usage.product_category,
        usage.generation_type
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- (member, unit) pairs; of a member who changed teams, one in each
used as (
    select
        workspace_id,
        'member' as scope,
        member_id as scope_id,
        product_category,
        generation_type,
        is_last_month,
        max(used_on) as used_on
    from units
    group by
        workspace_id,
        member_id,
        product_category,
        generation_type,
        is_last_month,
        unit_key
    union all
    select
        workspace_id,
        'team' as scope,
        team as scope_id,
        product_category,
        generation_type,
        is_last_month,
        used_on
    from units
),

windowed_units as (
    select
        used.workspace_id,
        scope,
        scope_id,
        product_category,
        generation_type,
        is_last_month,
        {{ segment_start('used_on') }} as window_start_date,
        count(*) as unit_count
    from used
    left join {{ ref('dim_billing_periods') }} as billing
        on used.workspace_id = billing.workspace_id
    group by
        used.workspace_id,
        scope,
        scope_id,
        product_category,
        generation_type,
        is_last_month,
        {{ segment_start('used_on') }}
),

units_of_periods as (
    select
        windowed_units.workspace_id,
        periods.period,
        windowed_units.scope,
        windowed_units.scope_id,
        windowed_units.product_category,
        windowed_units.generation_type,
        sum(windowed_units.unit_count) as unit_count
    from windowed_units
    inner join periods
        on
            {{ is_in_period('windowed_units') }}
            and windowed_units.is_last_month = periods.is_last_month
    group by
        windowed_units.workspace_id,
        periods.period,
        windowed_units.scope,
        windowed_units.scope_id,
        windowed_units.product_category,
        windowed_units.generation_type
),

-- the workspace's own mean price of a (category, type), over (member, unit) pairs
cells as (
    select
        spent.workspace_id,
        spent.period,
        spent.scope,
        spent.scope_id,
        units_of_periods.unit_count,
        sum(spent.credits) over cell as cell_credits,
        sum(units_of_periods.unit_count) over cell as cell_unit_count
    from spent
    inner join units_of_periods
        on
            {{ same_scope('spent', 'units_of_periods') }}
            and spent.product_category = units_of_periods.product_category
            and spent.generation_type = units_of_periods.generation_type
    window cell as (
        partition by
            spent.workspace_id,
            spent.period,
            spent.scope,
            spent.product_category,
            spent.generation_type
    )
)

select
    workspace_id,
    period,
    scope,
    scope_id,
    sum({{ exact_ratio('cell_credits * unit_count', 'cell_unit_count') }})
        as expected_credits
from cells
group by workspace_id, period, scope, scope_id
