{%- set this_month, last_month = month_starts() %}

with windows as (
    {%- for days in period_days() %}
    select
        '{{ days }}d' as period,
        {{ as_of(days - 1) }} as window_start_date,
        {{ as_of() }} as window_end_date
    union all
    {%- endfor %}
    select
        'month_to_date' as period,
        {{ as_of(this_month) }} as window_start_date,
        {{ as_of() }} as window_end_date
    union all
    select
        'last_month' as period,
        {{ as_of(last_month) }} as window_start_date,
        {{ as_of(this_month + 1) }} as window_end_date
),

of_workspaces as (
    select
        workspaces.workspace_id,
        windows.period,
        windows.window_start_date,
        windows.window_end_date
    from {{ ref('dim_workspaces') }} as workspaces
    cross join windows
    union all
    select
        workspace_id,
        'billing_period' as period,
        starts_on as window_start_date,
        {{ as_of() }} as window_end_date
    from {{ ref('dim_billing_periods') }}
)

select
    workspace_id,
    period,
    1 + {{ days_between('window_start_date', 'window_end_date') }} as window_days,
    window_start_date,
    window_end_date,
    period = 'last_month' as is_last_month
from of_workspaces
