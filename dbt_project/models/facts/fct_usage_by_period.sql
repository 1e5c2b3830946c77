{%- set sums = ['credits', 'first_pass_quality_parts'] %}
{%- for counted in (
    'generation', 'attempt', 'regeneration', 'first_pass', 'first_pass_scored', 'used'
) %}
    {%- do sums.append(counted ~ '_count') %}
{%- endfor %}
{%- for summed in ['product', 'partly_refunded'] + dispositions() %}
    {%- do sums.append(summed ~ '_credits') %}
{%- endfor %}
{%- set this_month, last_month = month_starts()[:2] %}
{%- set of_use = ['used_on', 'is_used_last_month'] %}
{%- set units = ref('int_unit_last_used') %}
{%- set by_product = ['product_key', 'member_id', 'team', 'product_category'] %}
{%- set product_scopes = dict(scope_columns()) %}
{%- set type_scope = {'generation_type': product_scopes.pop('generation_type')} %}

with periods as (select * from {{ ref('dim_periods') }}),

-- each segment is summed once, and each period from its segments
segments as (
    select
        workspace_id,
        window_start_date,
        {{ scope_and_id() }}
        {%- for summed in sums %},
        sum({{ summed }}) as {{ summed }}
        {%- endfor %}
    from {{ ref('int_usage_by_window') }}
    {{ sets_of_scopes(['workspace_id', 'window_start_date']) }}
),

summed as (
    select
        segments.workspace_id,
        periods.period,
        segments.scope,
        segments.scope_id
        {%- for summed in sums %},
        sum(segments.{{ summed }}) as {{ summed }}
        {%- endfor %}
    from segments
    inner join periods
        on
            {{ is_in_period('segments') }}
    group by
        segments.workspace_id, periods.period, segments.scope, segments.scope_id
),

members as (
    select
        *,
        member_id as member_key,
        window_start_date as used_on,
        window_start_date >= {{ as_of(last_month) }}
        and window_start_date < {{ as_of(this_month) }} as is_used_last_month
    from {{ ref('int_usage_by_window') }}
    where member_id <> {{ no_member() }}
),

-- the units of a product are mostly of one member, but of several types
products as (
    select
        any_value(workspace_id) as workspace_id,
        {{ by_product | join(', ') }},
        max(used_on) as used_on,
        max(is_used_last_month) as is_used_last_month
    from {{ units }}
    group by {{ by_product | join(', ') }}
),

-- counted once however often it occurs: its newest segment says which periods it is in
member_counts as (
    {{ counted_of_newest(
        newest_by_scope('members', ['workspace_id', 'member_key'], of_use), of_use
    ) }}
),

product_counts as (
    {{ counted_by_scope('products', 'product_key', of_use, product_scopes) }}
    union all
    {{ counted_of_newest(
        newest_by_scope(units, ['product_key'], of_use, type_scope), of_use
    ) }}
),

unit_counts as (
    {{ counted_by_scope(units, 'unit_key', [
        'attempted_on', 'is_attempted_last_month',
        'regenerated_on', 'is_regenerated_last_month',
    ]) }}
),

{%- for thing, measures in {
    'member': {'member_count': 'used'},
    'product': {'product_count': 'used'},
    'unit': {
        'attempted_unit_count': 'attempted', 'regenerated_unit_count': 'regenerated'
    },
}.items() %}

{{ thing }}s_of_periods as (
    select
        counts.workspace_id,
        periods.period,
        counts.scope,
        counts.scope_id
        {%- for measure, kind in measures.items() %},
        sum(
            case
                when
                    case
                        when periods.is_last_month then counts.is_{{ kind }}_last_month
                        else counts.{{ kind }}_on >= periods.window_start_date
                    end
                    then counts.thing_count
                else 0
            end
        ) as {{ measure }}
        {%- endfor %}
    from {{ thing }}_counts as counts
    inner join periods on counts.workspace_id = periods.workspace_id
    group by counts.workspace_id, periods.period, counts.scope, counts.scope_id
),
{%- endfor %}

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
        first_attempts.workspace_id,
        periods.period,
        {{ scope_and_id() }},
        sum(mature_episode_count) as mature_episode_count,
        sum(first_pass_episode_count) as first_pass_episode_count
    from first_attempts
    inner join periods
        on
            {{ is_in_period('first_attempts') }}
    {{ sets_of_scopes(['first_attempts.workspace_id', 'periods.period']) }}
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
left join products_of_periods as products on {{ same_scope('shared', 'products') }}
left join members_of_periods as members on {{ same_scope('shared', 'members') }}
left join units_of_periods as units on {{ same_scope('shared', 'units') }}
