with periods as (select * from {{ ref('dim_periods') }}),

usage as (
    select
        usage.*,
        coalesce(teams.team, {{ no_team() }}) as team
    from {{ ref('fct_usage_daily') }} as usage
    {{ joined_teams('usage') }}
    where usage.usage_date >= {{ first_reported_day('before_start_date') }}
),

before as (
    select
        periods.workspace_id,
        periods.period,
        {{ scope_and_id() }},
        sum(usage.credits) as credits
    from usage
    inner join periods
        on
            {{ is_in_period('usage', day='usage_date', of='before') }}
    {{ sets_of_scopes(['periods.workspace_id', 'periods.period']) }}
),

compared as (
    {%- for relation, columns in {
        ref('fct_usage_by_period'): ['credits', '0'], 'before': ['0', 'credits']
    }.items() %}
    select
        workspace_id,
        period,
        scope,
        scope_id,
        {{ columns[0] }} as credits,
        {{ columns[1] }} as credits_before
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    compared.workspace_id,
    compared.period,
    compared.scope,
    compared.scope_id,
    periods.before_start_date,
    periods.before_end_date,
    cast(sum(compared.credits) as decimal(38, 6)) as credits,
    cast(sum(compared.credits_before) as decimal(38, 6)) as credits_before,
    {%- for change in ('credits_change', 'contribution') %}
    cast(sum(compared.credits) - sum(compared.credits_before) as decimal(38, 6))
        as {{ change }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from compared
inner join periods
    on
        compared.workspace_id = periods.workspace_id
        and compared.period = periods.period
group by
    compared.workspace_id,
    compared.period,
    compared.scope,
    compared.scope_id,
    periods.before_start_date,
    periods.before_end_date
