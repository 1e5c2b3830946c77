with usage as (
    select * from {{ ref('fct_usage_by_period') }}
    where scope = 'member'
),

members as (select * from {{ ref('dim_members') }}),

mix as (select * from {{ ref('int_expected_credits') }}),

-- compared are only members with enough products, and only if there are two of them
ranked as (
    select
        workspace_id,
        period,
        scope_id,
        row_number() over (
            partition by workspace_id, period
            order by credits_per_product asc, product_count desc, scope_id asc
        ) as efficiency_rank,
        count(*) over (partition by workspace_id, period) as compared_count
    from usage
    where
        product_count >= {{ var('min_products') }}
        and scope_id <> {{ no_member() }}
)

select
    usage.workspace_id,
    usage.period,
    usage.scope_id as member_id,
    coalesce(members.member_name, usage.scope_id) as member_name,
    members.team,
    usage.credits,
    usage.credit_share,
    usage.spend_rank,
    usage.generation_count,
    usage.attempt_count,
    usage.regeneration_count,
    usage.regeneration_rate,
    usage.attempted_unit_count,
    usage.regenerated_unit_count,
    usage.regenerated_unit_rate,
    usage.product_count,
    usage.credits_per_product,
    cast(mix.expected_credits as decimal(38, 12)) as expected_credits,
    {{ exact_ratio('usage.product_credits', 'mix.expected_credits', decimals=12) }}
        as mix_adjusted_efficiency,
    usage.first_pass_quality_score,
    usage.first_pass_scored_count,
    usage.first_pass_count,
    usage.first_pass_yield,
    usage.first_pass_episode_count,
    usage.mature_episode_count,
    usage.wasted_credits,
    usage.waste_rate,
    coalesce(ranked.efficiency_rank = 1 and ranked.compared_count >= 2, false)
        as is_most_efficient,
    usage.product_credits,
    {{ scope_costs() }}
from usage
left join members
    on usage.workspace_id = members.workspace_id and usage.scope_id = members.member_id
left join mix on {{ same_scope('usage', 'mix') }}
left join ranked
    on
        usage.workspace_id = ranked.workspace_id
        and usage.period = ranked.period
        and usage.scope_id = ranked.scope_id
{{ joined_scope_costs() }}
