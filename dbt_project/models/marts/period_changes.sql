with periods as (select * from {{ ref('dim_periods') }}),

usage as (
    select
        usage.*,
        coalesce(teams.team, {{ no_team() }}) as team
    from {{ ref('fct_usage_daily') }} as usage
    {{ joined_teams('usage') }}
    where usage.usage_date >= {{ first_reported_day('before_start_date') }}
),

compared as (
    select
        periods.workspace_id,
        periods.period,
        usage.member_id,
        usage.team,
        usage.product_category,
        usage.generation_type,
        sum(
            case
                when usage.usage_date >= periods.window_start_date then usage.credits
                else 0
            end
        ) as credits,
        sum(
            case
                when usage.usage_date < periods.window_start_date then usage.credits
                else 0
            end
        ) as credits_before
    from usage
    inner join periods
        on
            usage.workspace_id = periods.workspace_id
            and (
                (
                    usage.usage_date >= periods.window_start_date
                    and usage.usage_date <= periods.window_end_date
                )
                or (
                    usage.usage_date >= periods.before_start_date
                    and usage.usage_date <= periods.before_end_date
                )
            )
    group by
        periods.workspace_id,
        periods.period,
        usage.member_id,
        usage.team,
        usage.product_category,
        usage.generation_type
),

scoped as (
    {%- for scope, column in {
        'workspace': "'(all)'",
        'member': 'member_id',
        'team': 'team',
        'product_category': 'product_category',
        'generation_type': 'generation_type',
    }.items() %}
    select
        workspace_id,
        period,
        '{{ scope }}' as scope,
        {{ column }} as scope_id,
        credits,
        credits_before
    from compared
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    scoped.workspace_id,
    scoped.period,
    scoped.scope,
    scoped.scope_id,
    periods.before_start_date,
    periods.before_end_date,
    cast(sum(scoped.credits) as decimal(38, 6)) as credits,
    cast(sum(scoped.credits_before) as decimal(38, 6)) as credits_before,
    cast(sum(scoped.credits) - sum(scoped.credits_before) as decimal(38, 6))
        as credits_change,
    cast(sum(scoped.credits) - sum(scoped.credits_before) as decimal(38, 6))
        as contribution
from scoped
inner join periods
    on
        scoped.workspace_id = periods.workspace_id
        and scoped.period = periods.period
group by
    scoped.workspace_id,
    scoped.period,
    scoped.scope,
    scoped.scope_id,
    periods.before_start_date,
    periods.before_end_date
