with periods as (select * from {{ ref('dim_periods') }}),

usage as (
    select
        usage.*,
        coalesce(teams.team, {{ no_team() }}) as team
    from {{ ref('fct_usage_daily') }} as usage
    {{ joined_teams('usage') }}
    where usage.usage_date >= {{ first_reported_day() }}
),

summed as (
    select
        periods.workspace_id,
        periods.period,
        usage.team as scope_id,
        {%- for counted in (
            'generation', 'attempt', 'regeneration', 'first_pass', 'first_pass_scored', 'used'
        ) %}
        sum(usage.{{ counted }}_count) as {{ counted }}_count,
        {%- endfor %}
        {%- for summed in ('product', 'wasted') %}
        cast(sum(usage.{{ summed }}_credits) as decimal(38, 6)) as {{ summed }}_credits,
        {%- endfor %}
        cast(sum(usage.credits) as decimal(38, 6)) as credits,
        sum(usage.first_pass_quality_parts) as first_pass_quality_parts
    from usage
    inner join periods
        on
            {{ is_in_period('usage', day='usage_date') }}
    group by periods.workspace_id, periods.period, usage.team
),

with_teams as (
    select distinct workspace_id from {{ ref('dim_member_teams') }}
),

-- where nobody is in a team, the team of nobody is the workspace
distinct_counts as (
    select
        periods.workspace_id,
        periods.period,
        coalesce(teams.team, {{ no_team() }}) as scope_id,
        count(distinct generations.product_id) as product_count,
        count(distinct case
            when generations.member_id <> {{ no_member() }} then generations.member_id
        end) as member_count,
        count(distinct case
            when generations.is_first_variant
                then {{ stable_id(
                    prefixed('generations', unit_columns()).split(', ')
                ) }}
        end) as attempted_unit_count,
        count(distinct case
            when generations.is_first_variant and generations.attempt_number >= 2
                then {{ stable_id(
                    prefixed('generations', unit_columns()).split(', ')
                ) }}
        end) as regenerated_unit_count,
        count(case
            when {{ is_mature_episode() }} then 1
        end) as mature_episode_count,
        count(case
            when
                {{ is_mature_episode() }}
                and generations.attempt_count = 1
                and generations.episode_used_count = 1
                then 1
        end) as first_pass_episode_count
    from {{ ref('int_generations_classified') }} as generations
    inner join with_teams on generations.workspace_id = with_teams.workspace_id
    inner join {{ ref('dim_reporting_workspaces') }} as workspaces
        on generations.workspace_id = workspaces.workspace_id
    inner join periods
        on
            {{ is_in_period('generations', day='usage_date') }}
    {{ joined_teams('generations') }}
    where generations.usage_date >= {{ first_reported_day() }}
    group by
        periods.workspace_id,
        periods.period,
        coalesce(teams.team, {{ no_team() }})
    union all
    select
        usage.workspace_id,
        usage.period,
        {{ no_team() }} as scope_id,
        usage.product_count,
        usage.member_count,
        usage.attempted_unit_count,
        usage.regenerated_unit_count,
        usage.mature_episode_count,
        usage.first_pass_episode_count
    from {{ ref('fct_usage_by_period') }} as usage
    left join with_teams on usage.workspace_id = with_teams.workspace_id
    where usage.scope = 'workspace' and with_teams.workspace_id is null
),

divided as (
    select
        summed.*,
        {{ largest_remainder_steps('credits', 'workspace_id, period') }} as share_steps,
        {{ step_remainder('credits', 'workspace_id, period') }} as share_remainder
    from summed
),

shared as (
    select
        divided.*,
        row_number() over (
            partition by workspace_id, period
            order by share_remainder desc nulls last, scope_id asc
        ) as remainder_rank,
        1000000000000 - sum(share_steps) over (partition by workspace_id, period)
            as steps_left_over
    from divided
)

select
    shared.workspace_id,
    shared.period,
    'team' as scope,
    shared.scope_id,
    shared.credits,
    {{ from_steps(
        'shared.share_steps'
        ~ ' + case when shared.remainder_rank <= shared.steps_left_over then 1 else 0 end'
    ) }} as credit_share,
    cast(rank() over (
        partition by shared.workspace_id, shared.period
        order by shared.credits desc
    ) as bigint) as spend_rank,
    cast(shared.generation_count as bigint) as generation_count,
    cast(shared.attempt_count as bigint) as attempt_count,
    cast(shared.regeneration_count as bigint) as regeneration_count,
    {{ exact_ratio('shared.regeneration_count', 'shared.attempt_count') }}
        as regeneration_rate,
    cast(counts.attempted_unit_count as bigint) as attempted_unit_count,
    cast(counts.regenerated_unit_count as bigint) as regenerated_unit_count,
    {{ exact_ratio('counts.regenerated_unit_count', 'counts.attempted_unit_count') }}
        as regenerated_unit_rate,
    cast(counts.product_count as bigint) as product_count,
    cast(counts.member_count as bigint) as member_count,
    shared.product_credits,
    {{ exact_ratio('shared.product_credits', 'counts.product_count') }}
        as credits_per_product,
    {{ mean_score(
        'shared.first_pass_quality_parts', 'shared.first_pass_scored_count'
    ) }} as first_pass_quality_score,
    cast(shared.first_pass_scored_count as bigint) as first_pass_scored_count,
    cast(shared.first_pass_count as bigint) as first_pass_count,
    {{ exact_ratio(
        'counts.first_pass_episode_count', 'counts.mature_episode_count'
    ) }} as first_pass_yield,
    cast(counts.first_pass_episode_count as bigint) as first_pass_episode_count,
    cast(counts.mature_episode_count as bigint) as mature_episode_count,
    shared.wasted_credits,
    cast(shared.used_count as bigint) as used_generation_count,
    {{ exact_ratio('shared.wasted_credits', 'shared.credits') }} as waste_rate
from shared
inner join distinct_counts as counts
    on
        shared.workspace_id = counts.workspace_id
        and shared.period = counts.period
        and shared.scope_id = counts.scope_id
