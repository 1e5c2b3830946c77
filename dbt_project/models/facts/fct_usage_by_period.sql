with periods as (select * from {{ ref('dim_periods') }}),

summed as (
    select
        periods.workspace_id,
        period,
        {{ scope_kind('member_id', 'team', 'product_category', 'generation_type') }}
            as scope,
        coalesce(member_id, team, product_category, generation_type, '(all)')
            as scope_id,
        {%- for counted in (
            'generation', 'attempt', 'regeneration', 'first_pass', 'first_pass_scored', 'used'
        ) %}
        sum({{ counted }}_count) as {{ counted }}_count,
        {%- endfor %}
        {%- for summed in ['product', 'partly_refunded'] + dispositions() %}
        cast(sum({{ summed }}_credits) as decimal(38, 6)) as {{ summed }}_credits,
        {%- endfor %}
        cast(sum(credits) as decimal(38, 6)) as credits,
        sum(first_pass_quality_parts) as first_pass_quality_parts
    from {{ ref('int_usage_by_window') }} as usage
    inner join periods
        on
            {{ is_in_period('usage') }}
    group by grouping sets (
        (periods.workspace_id, period),
        (periods.workspace_id, period, member_id),
        (periods.workspace_id, period, team),
        (periods.workspace_id, period, product_category),
        (periods.workspace_id, period, generation_type)
    )
),

-- counted once however often it occurs: its newest day decides which windows it is in
{%- set distinct_entities = {
    'product': {'product_count': 'used_on'},
    'unit': {
        'attempted_unit_count': 'attempted_on',
        'regenerated_unit_count': 'regenerated_on',
    },
    'member': {'member_count': 'used_on'},
} %}
{%- for entity, measures in distinct_entities.items() %}
{%- set days = (['used_on'] + measures.values() | list) | unique | list %}
newest_{{ entity }}_days as (
    {{ newest_days_by_scope(
        ref('int_usage_by_window') if entity == 'member' else ref('int_unit_last_used'), entity, days
    ) }}
),

{{ entity }}_counts as (
    select
        workspace_id,
        is_last_month,
        scope,
        scope_id,
        {{ days | join(', ') }},
        count(*) as entity_count
    from newest_{{ entity }}_days
    group by workspace_id, is_last_month, scope, scope_id, {{ days | join(', ') }}
),

{{ entity }}s as (
    select
        counts.workspace_id,
        periods.period,
        counts.scope,
        counts.scope_id
        {%- for measure, day in measures.items() %},
        sum(
            case
                when counts.{{ day }} >= periods.window_start_date
                    then counts.entity_count
                else 0
            end
        ) as {{ measure }}
        {%- endfor %}
    from {{ entity }}_counts as counts
    inner join periods
        on
            {{ is_in_period('counts', day='used_on') }}
            and counts.is_last_month = periods.is_last_month
    group by counts.workspace_id, periods.period, counts.scope, counts.scope_id
),
{% endfor %}
-- an episode belongs to the window, member and category of its first attempt
first_attempts as (
    select
        attempts.workspace_id,
        attempts.member_id,
        coalesce(teams.team, {{ no_team() }}) as team,
        attempts.product_category,
        attempts.generation_type,
        {{ segment_start('attempts.usage_date') }} as window_start_date,
        count(*) as mature_episode_count,
        sum(case when attempt_count = 1 and episode_used_count = 1 then 1 else 0 end)
            as first_pass_episode_count
    from {{ ref('int_generations_classified') }} as attempts
    inner join {{ ref('dim_reporting_workspaces') }} as workspaces
        on
            attempts.workspace_id = workspaces.workspace_id
            and workspaces.is_outcome_tracked
    left join {{ ref('dim_billing_periods') }} as billing
        on attempts.workspace_id = billing.workspace_id
    {{ joined_teams('attempts') }}
    where
        attempts.attempt_number = 1
        and attempts.is_first_variant
        and attempts.usage_date >= {{ first_reported_day() }}
        and attempts.episode_last_usage_date <= {{ as_of(var('maturity_days')) }}
    group by
        attempts.workspace_id,
        attempts.member_id,
        coalesce(teams.team, {{ no_team() }}),
        attempts.product_category,
        attempts.generation_type,
        {{ segment_start('attempts.usage_date') }}
),

first_passes as (
    select
        periods.workspace_id,
        period,
        {{ scope_kind('member_id', 'team', 'product_category', 'generation_type') }}
            as scope,
        coalesce(member_id, team, product_category, generation_type, '(all)')
            as scope_id,
        sum(mature_episode_count) as mature_episode_count,
        sum(first_pass_episode_count) as first_pass_episode_count
    from first_attempts
    inner join periods
        on
            {{ is_in_period('first_attempts') }}
    group by grouping sets (
        (periods.workspace_id, period),
        (periods.workspace_id, period, member_id),
        (periods.workspace_id, period, team),
        (periods.workspace_id, period, product_category),
        (periods.workspace_id, period, generation_type)
    )
),

-- Shares in steps of 10^-12 that sum to exactly 1: whole steps first, then the steps
-- left over go to the largest remainders.
divided as (
    select
        summed.*,
        {{ largest_remainder_steps('credits', 'workspace_id, period, scope') }}
            as share_steps,
        {{ step_remainder('credits', 'workspace_id, period, scope') }}
            as share_remainder
    from summed
),

shared as (
    select
        divided.*,
        row_number() over (
            partition by workspace_id, period, scope
            order by share_remainder desc nulls last, scope_id asc
        ) as remainder_rank,
        1000000000000 - sum(share_steps) over (partition by workspace_id, period, scope)
            as steps_left_over
    from divided
)

select
    shared.workspace_id,
    shared.period,
    shared.scope,
    shared.scope_id,
    shared.credits,
    {{ from_steps(
        'shared.share_steps'
        ~ ' + case when shared.remainder_rank <= shared.steps_left_over then 1 else 0 end'
    ) }} as credit_share,
    cast(rank() over (
        partition by shared.workspace_id, shared.period, shared.scope
        order by shared.credits desc
    ) as bigint) as spend_rank,
    cast(shared.generation_count as bigint) as generation_count,
    cast(shared.attempt_count as bigint) as attempt_count,
    cast(shared.regeneration_count as bigint) as regeneration_count,
    {{ exact_ratio('shared.regeneration_count', 'shared.attempt_count') }}
        as regeneration_rate,
    cast(coalesce(units.attempted_unit_count, 0) as bigint) as attempted_unit_count,
    cast(coalesce(units.regenerated_unit_count, 0) as bigint)
        as regenerated_unit_count,
    {{ exact_ratio('units.regenerated_unit_count', 'units.attempted_unit_count') }}
        as regenerated_unit_rate,
    cast(coalesce(products.product_count, 0) as bigint) as product_count,
    cast(coalesce(members.member_count, 0) as bigint) as member_count,
    shared.product_credits,
    {{ exact_ratio('shared.product_credits', 'products.product_count') }}
        as credits_per_product,
    {{ mean_score(
        'shared.first_pass_quality_parts', 'shared.first_pass_scored_count'
    ) }} as first_pass_quality_score,
    cast(shared.first_pass_scored_count as bigint) as first_pass_scored_count,
    cast(shared.first_pass_count as bigint) as first_pass_count,
    {{ exact_ratio(
        'first_passes.first_pass_episode_count', 'first_passes.mature_episode_count'
    ) }} as first_pass_yield,
    cast(coalesce(first_passes.first_pass_episode_count, 0) as bigint)
        as first_pass_episode_count,
    cast(coalesce(first_passes.mature_episode_count, 0) as bigint)
        as mature_episode_count,
    shared.used_credits,
    cast(shared.used_count as bigint) as used_generation_count,
    shared.iterated_credits,
    shared.wasted_credits,
    shared.pending_credits,
    shared.untracked_credits,
    shared.refunded_credits,
    shared.partly_refunded_credits,
    {{ exact_ratio('shared.wasted_credits', 'shared.credits') }} as waste_rate
from shared
left join first_passes on {{ same_scope('shared', 'first_passes') }}
left join products on {{ same_scope('shared', 'products') }}
left join members on {{ same_scope('shared', 'members') }}
left join units on {{ same_scope('shared', 'units') }}
