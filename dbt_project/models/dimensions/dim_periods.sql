{%- set this_month, last_month, month_before = month_starts() %}

with windows as (
    {%- for days in period_days() %}
    select
        '{{ days }}d' as period,
        {{ as_of(days - 1) }} as window_start_date,
        {{ as_of() }} as window_end_date,
        {{ as_of(2 * days - 1) }} as before_start_date,
        {{ as_of(days) }} as before_end_date
    union all
    {%- endfor %}
    select
        'month_to_date' as period,
        {{ as_of(this_month) }} as window_start_date,
        {{ as_of() }} as window_end_date,
        {{ as_of(last_month) }} as before_start_date,
        -- as many days of the month before, if it has them
        {{ as_of([last_month - this_month, this_month + 1] | max) }} as before_end_date
    union all
    select
        'last_month' as period,
        {{ as_of(last_month) }} as window_start_date,
        {{ as_of(this_month + 1) }} as window_end_date,
        {{ as_of(month_before) }} as before_start_date,
        {{ as_of(last_month + 1) }} as before_end_date
),

of_workspaces as (
    select
        workspaces.workspace_id,
        windows.*
    from {{ ref('dim_workspaces') }} as workspaces
    cross join windows
    union all
    select
        workspace_id,
        'billing_period' as period,
        starts_on as window_start_date,
        {{ as_of() }} as window_end_date,
        previous_starts_on as before_start_date,
        least(
            {{ days_later(
                'previous_starts_on', days_between('starts_on', as_of())
            ) }},
            {{ add_days('starts_on', -1) }}
        ) as before_end_date
    from {{ ref('dim_billing_periods') }}
)

select
    workspace_id,
    period,
    1 + {{ days_between('window_start_date', 'window_end_date') }} as window_days,
    window_start_date,
    window_end_date,
    period = 'last_month' as is_last_month,
    before_start_date,
    before_end_date
from of_workspaces
