with periods as (select * from {{ ref('dim_periods') }}),

generations as (select * from {{ ref('fct_generations') }}),

episodes as (select * from {{ ref('fct_episodes') }}),

tracked_workspaces as (
    select * from {{ ref('fct_workspaces') }}
    where is_outcome_tracked
),

windowed as (
    select
        periods.period,
        generations.*
    from generations
    inner join periods on generations.usage_date >= periods.window_start_date
),

summed as (
    select
        workspace_id,
        period,
        {{ scope_kind('member_id', 'product_category', 'generation_type') }} as scope,
        coalesce(member_id, product_category, generation_type, '(all)') as scope_id,
        cast(sum(credits) as decimal(38, 6)) as credits,
        count(*) as generation_count,
        count(attempt_number) as attempt_count,
        sum(case when is_regeneration then 1 else 0 end) as regeneration_count,
        count(distinct case when attempt_number is not null then unit_id end)
            as attempted_unit_count,
        count(distinct case when is_regeneration then unit_id end)
            as regenerated_unit_count,
        count(distinct product_id) as product_count,
        count(distinct member_id) as member_count,
        sum(case when attempt_number = 1 then 1 else 0 end) as first_pass_count,
        count(case when attempt_number = 1 then quality_score end)
            as first_pass_scored_count,
        sum(case when attempt_number = 1 then {{ score_steps('quality_score') }} end)
            as first_pass_quality_steps,
        {%- for disposition in ('used', 'iterated', 'wasted', 'pending', 'untracked') %}
        cast(
            sum(case when disposition = '{{ disposition }}' then credits else 0 end)
            as decimal(38, 6)
        ) as {{ disposition }}_credits
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from windowed
    group by grouping sets (
        (workspace_id, period),
        (workspace_id, period, member_id),
        (workspace_id, period, product_category),
        (workspace_id, period, generation_type)
    )
),

-- an episode belongs to the window, member and category of its first attempt
first_passes as (
    select
        episodes.workspace_id,
        periods.period,
        {{ scope_kind('first_member_id', 'first_product_category', 'generation_type') }}
            as scope,
        coalesce(first_member_id, first_product_category, generation_type, '(all)')
            as scope_id,
        count(*) as mature_episode_count,
        sum(case when is_first_pass then 1 else 0 end) as first_pass_episode_count
    from episodes
    inner join periods on episodes.first_usage_date >= periods.window_start_date
    inner join tracked_workspaces
        on episodes.workspace_id = tracked_workspaces.workspace_id
    where is_mature
    group by grouping sets (
        (episodes.workspace_id, periods.period),
        (episodes.workspace_id, periods.period, first_member_id),
        (episodes.workspace_id, periods.period, first_product_category),
        (episodes.workspace_id, periods.period, generation_type)
    )
),

-- Shares in 10^-12 steps that sum to exactly 1: whole steps first, the steps left over
-- go to the largest remainders.
weighed as (
    select
        summed.*,
        {{ whole_steps('credits', 'workspace_id, period, scope') }} as share_steps,
        {{ step_remainder('credits', 'workspace_id, period, scope') }}
            as share_remainder
    from summed
),

shared as (
    select
        weighed.*,
        row_number() over (
            partition by workspace_id, period, scope
            order by share_remainder desc nulls last, scope_id asc
        ) as remainder_rank,
        1000000000000 - sum(share_steps) over (partition by workspace_id, period, scope)
            as steps_left_over
    from weighed
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
    cast(shared.attempted_unit_count as bigint) as attempted_unit_count,
    cast(shared.regenerated_unit_count as bigint) as regenerated_unit_count,
    {{ exact_ratio('shared.regenerated_unit_count', 'shared.attempted_unit_count') }}
        as regenerated_unit_rate,
    cast(shared.product_count as bigint) as product_count,
    cast(shared.member_count as bigint) as member_count,
    {{ exact_ratio('shared.credits', 'shared.product_count') }} as credits_per_product,
    {{ mean_score(
        'shared.first_pass_quality_steps', 'shared.first_pass_scored_count'
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
    shared.iterated_credits,
    shared.wasted_credits,
    shared.pending_credits,
    shared.untracked_credits,
    {{ exact_ratio('shared.wasted_credits', 'shared.credits') }} as waste_rate
from shared
left join first_passes
    on
        shared.workspace_id = first_passes.workspace_id
        and shared.period = first_passes.period
        and shared.scope = first_passes.scope
        and shared.scope_id = first_passes.scope_id
