{%- set scopes = {'member': 'member_id', 'team': 'team'} %}
{%- set cell = ['product_category', 'generation_type'] %}
{%- set of_scope = ['workspace_id', 'period', 'scope', 'scope_id'] %}

with periods as (select * from {{ ref('dim_periods') }}),

members_of_several_teams as (
    select
        workspace_id,
        member_id
    from {{ ref('int_unit_last_used') }}
    group by workspace_id, member_id
    having min(team) <> max(team)
),

-- (member, unit) pairs; of a member who changed teams, one in each
pairs as (
    select
        units.*,
        several.member_id is not null as is_of_several_teams
    from {{ ref('int_unit_last_used') }} as units
    left join members_of_several_teams as several
        on
            units.workspace_id = several.workspace_id
            and units.member_id = several.member_id
),

used as (
    select
        workspace_id,
        'team' as scope,
        team as scope_id,
        {{ cell | join(', ') }},
        used_on,
        is_used_last_month
    from {{ ref('int_unit_last_used') }}
    union all
    select
        workspace_id,
        'member' as scope,
        member_id as scope_id,
        {{ cell | join(', ') }},
        used_on,
        is_used_last_month
    from pairs
    where not is_of_several_teams
    union all
    select
        workspace_id,
        'member' as scope,
        member_id as scope_id,
        {{ cell | join(', ') }},
        max(used_on) as used_on,
        max(is_used_last_month) as is_used_last_month
    from pairs
    where is_of_several_teams
    group by workspace_id, member_id, {{ cell | join(', ') }}, unit_key
),

counted as (
    select
        workspace_id,
        scope,
        scope_id,
        {{ cell | join(', ') }},
        used_on,
        is_used_last_month,
        count(*) as unit_count
    from used
    group by
        workspace_id,
        scope,
        scope_id,
        {{ cell | join(', ') }},
        used_on,
        is_used_last_month
),

spent_and_used as (
    {%- for scope, id in scopes.items() %}
    select
        usage.workspace_id,
        periods.period,
        '{{ scope }}' as scope,
        usage.{{ id }} as scope_id,
        {{ prefixed('usage', cell) }},
        usage.product_credits as credits,
        0 as unit_count
    from {{ ref('int_usage_by_window') }} as usage
    inner join periods
        on
            {{ is_in_period('usage') }}
    union all
    {%- endfor %}
    select
        counted.workspace_id,
        periods.period,
        counted.scope,
        counted.scope_id,
        {{ prefixed('counted', cell) }},
        cast(0 as decimal(38, 6)) as credits,
        counted.unit_count
    from counted
    inner join periods
        on
            counted.workspace_id = periods.workspace_id
            and case
                when periods.is_last_month then counted.is_used_last_month
                else counted.used_on >= periods.window_start_date
            end
),

summed as (
    select
        {{ of_scope | join(', ') }},
        {{ cell | join(', ') }},
        sum(credits) as credits,
        sum(unit_count) as unit_count
    from spent_and_used
    group by {{ of_scope | join(', ') }}, {{ cell | join(', ') }}
    having sum(unit_count) > 0
),

-- the workspace's own mean price of a (category, type), over (member, unit) pairs
cells as (
    select
        workspace_id,
        period,
        scope,
        {{ cell | join(', ') }},
        sum(credits) as credits,
        sum(unit_count) as unit_count
    from summed
    group by workspace_id, period, scope, {{ cell | join(', ') }}
)

select
    {{ prefixed('summed', of_scope) }},
    sum({{ exact_ratio('cells.credits * summed.unit_count', 'cells.unit_count') }})
        as expected_credits
from summed
inner join cells
    on {{ same_columns('summed', 'cells', of_scope[:3] + cell) }}
group by {{ prefixed('summed', of_scope) }}
