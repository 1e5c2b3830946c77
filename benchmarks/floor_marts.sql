-- The floor, 3 of 3: the marts, as tables. Windows are nested, so the last 90 days are summed once, by the
-- shortest window they fall into, and the windows are made of the sums.

-- usage_daily: the additive cube
create table usage_daily as
select
    cast(workspace_id as varchar) as workspace_id,
    usage_date,
    cast(member_id as varchar) as member_id,
    cast(product_category as varchar) as product_category,
    cast(generation_type as varchar) as generation_type,
    sum(credits) as credits,
    count(*) as generation_count,
    count(attempt_number) as attempt_count,
    count(*) filter (attempt_number >= 2) as regeneration_count,
    coalesce(sum(credits) filter (rule = 'used'), 0) as used_credits,
    coalesce(sum(credits) filter (rule = 'iterated'), 0) as iterated_credits,
    coalesce(sum(credits) filter (rule not in ('used', 'iterated', 'pending', 'untracked')), 0) as wasted_credits,
    coalesce(sum(credits) filter (rule = 'pending'), 0) as pending_credits,
    coalesce(sum(credits) filter (rule = 'untracked'), 0) as untracked_credits
from generations
group by
    generations.workspace_id,
    usage_date,
    generations.member_id,
    generations.product_category,
    generations.generation_type;

-- recent: the last 90 days, and the shortest window that each belongs to
create temp view recent as
select
    *,
    case
        when usage_date > getvariable('as_of') - 7 then 7
        when usage_date > getvariable('as_of') - 30 then 30
        else 90
    end as days,
    attempt_number = 1
    and is_outcome_tracked
    and last_usage_date <= getvariable('as_of') - 14 as opens_mature_episode
from generations
where usage_date > getvariable('as_of') - 90;

-- recent_cells: what adds up
create temp table recent_cells as
select
    workspace_id,
    days,
    member_id,
    product_category,
    generation_type,
    rule,
    sum(credits) as credits,
    count(*) as generation_count,
    count(attempt_number) as attempt_count,
    count(*) filter (attempt_number >= 2) as regeneration_count,
    count(*) filter (attempt_number = 1) as first_pass_count,
    count(quality_score) filter (attempt_number = 1) as first_pass_scored_count,
    sum(cast(quality_score as decimal(38, 17))) filter (attempt_number = 1)
        as first_pass_quality,
    count(*) filter (opens_mature_episode) as mature_episode_count,
    count(*) filter (opens_mature_episode and attempt_count = 1 and is_used)
        as first_pass_episode_count
from recent
group by all;

-- recent_units: who worked on what, and in which window last
create temp table recent_units as
select
    workspace_id,
    member_id,
    product_category,
    generation_type,
    product_key,
    unit_key,
    min(days) as days,
    min(days) filter (attempt_number is not null) as attempt_days,
    min(days) filter (attempt_number >= 2) as regeneration_days
from recent
group by all;

-- unit_counts: distinct units by scope
create temp table unit_counts as
with units as (
    select
        workspace_id,
        member_id,
        product_category,
        generation_type,
        min(attempt_days) as attempt_days,
        min(regeneration_days) as regeneration_days
    from recent_units
    group by grouping sets (
        (workspace_id, unit_key),
        (workspace_id, unit_key, member_id),
        (workspace_id, unit_key, product_category),
        (workspace_id, unit_key, generation_type)
    )
)

select
    workspace_id,
    unnest([7, 30, 90]) as days,
    member_id,
    product_category,
    generation_type,
    unnest([
        count(*) filter (attempt_days <= 7),
        count(*) filter (attempt_days <= 30),
        count(attempt_days)
    ]) as attempted_unit_count,
    unnest([
        count(*) filter (regeneration_days <= 7),
        count(*) filter (regeneration_days <= 30),
        count(regeneration_days)
    ]) as regenerated_unit_count
from units
group by workspace_id, member_id, product_category, generation_type;

-- product_counts: distinct products by scope
create temp table product_counts as
with products as (
    select
        workspace_id,
        member_id,
        product_category,
        generation_type,
        min(days) as days
    from recent_units
    group by grouping sets (
        (workspace_id, product_key),
        (workspace_id, product_key, member_id),
        (workspace_id, product_key, product_category),
        (workspace_id, product_key, generation_type)
    )
)

select
    workspace_id,
    unnest([7, 30, 90]) as days,
    member_id,
    product_category,
    generation_type,
    unnest([
        count(*) filter (products.days <= 7),
        count(*) filter (products.days <= 30),
        count(*)
    ]) as product_count
from products
group by workspace_id, member_id, product_category, generation_type;

-- periods
create temp table periods (days) as values (7), (30), (90);

-- usage_by_scope: every measure of a workspace, and by member, category and type, in each window
create temp table usage_by_scope as
with summed as (
    select
        workspace_id,
        periods.days,
        member_id,
        product_category,
        generation_type,
        sum(credits) as credits,
        sum(generation_count) as generation_count,
        sum(attempt_count) as attempt_count,
        sum(regeneration_count) as regeneration_count,
        sum(first_pass_count) as first_pass_count,
        sum(first_pass_scored_count) as first_pass_scored_count,
        sum(first_pass_quality) as first_pass_quality,
        sum(mature_episode_count) as mature_episode_count,
        sum(first_pass_episode_count) as first_pass_episode_count,
        count(distinct member_id) as member_count,
        coalesce(sum(credits) filter (rule = 'used'), 0) as used_credits,
        coalesce(sum(credits) filter (rule = 'iterated'), 0) as iterated_credits,
        coalesce(sum(credits) filter (rule not in ('used', 'iterated', 'pending', 'untracked')), 0) as wasted_credits,
        coalesce(sum(credits) filter (rule = 'pending'), 0) as pending_credits,
        coalesce(sum(credits) filter (rule = 'untracked'), 0) as untracked_credits
    from recent_cells
    inner join periods on recent_cells.days <= periods.days
    group by grouping sets (
        (workspace_id, periods.days),
        (workspace_id, periods.days, member_id),
        (workspace_id, periods.days, product_category),
        (workspace_id, periods.days, generation_type)
    )
)

select
    summed.workspace_id,
    summed.days || 'd' as period,
    summed.member_id,
    summed.product_category,
    summed.generation_type,
    credits,
    credits / nullif(sum(credits) over scope, 0) as credit_share,
    rank() over (scope order by credits desc) as spend_rank,
    generation_count,
    attempt_count,
    regeneration_count,
    regeneration_count / nullif(attempt_count, 0) as regeneration_rate,
    attempted_unit_count,
    regenerated_unit_count,
    regenerated_unit_count / nullif(attempted_unit_count, 0) as regenerated_unit_rate,
    product_count,
    member_count,
    credits / product_count as credits_per_product,
    first_pass_quality / nullif(first_pass_scored_count, 0) as first_pass_quality_score,
    first_pass_scored_count,
    first_pass_count,
    first_pass_episode_count / nullif(mature_episode_count, 0) as first_pass_yield,
    first_pass_episode_count,
    mature_episode_count,
    used_credits,
    iterated_credits,
    wasted_credits,
    pending_credits,
    untracked_credits,
    wasted_credits / nullif(credits, 0) as waste_rate
from summed
inner join unit_counts
    on
        summed.workspace_id = unit_counts.workspace_id
        and summed.days = unit_counts.days
        and summed.member_id is not distinct from unit_counts.member_id
        and summed.product_category is not distinct from unit_counts.product_category
        and summed.generation_type is not distinct from unit_counts.generation_type
inner join product_counts
    on
        summed.workspace_id = product_counts.workspace_id
        and summed.days = product_counts.days
        and summed.member_id is not distinct from product_counts.member_id
        and summed.product_category is not distinct from product_counts.product_category
        and summed.generation_type is not distinct from product_counts.generation_type
window scope as (
    partition by
        summed.workspace_id,
        summed.days,
        summed.member_id is null,
        summed.product_category is null,
        summed.generation_type is null
);

-- usage_by_category
create table usage_by_category as
select
    cast(workspace_id as varchar) as workspace_id,
    cast(product_category as varchar) as product_category,
    * exclude (workspace_id, member_id, product_category, generation_type)
from usage_by_scope
where product_category is not null;

-- usage_by_generation_type
create table usage_by_generation_type as
select
    cast(workspace_id as varchar) as workspace_id,
    cast(generation_type as varchar) as generation_type,
    case cast(generation_type as varchar)
        when 'description' then 'Descriptions'
        when 'meta' then 'Meta tags'
        when 'bullets' then 'Bullet points'
        when 'keywords' then 'Keywords'
        else cast(generation_type as varchar)
    end as generation_type_name,
    * exclude (workspace_id, member_id, product_category, generation_type)
from usage_by_scope
where generation_type is not null;

-- member_mix: what each member's fields would have cost at the workspace's own prices
create temp table member_mix as
with worked_on as (
    select
        workspace_id,
        periods.days,
        member_id,
        product_category,
        generation_type,
        count(*) as unit_count
    from recent_units
    inner join periods on recent_units.days <= periods.days
    group by all
),

cells as (
    select
        workspace_id,
        days,
        product_category,
        generation_type,
        sum(unit_count) as cell_unit_count
    from worked_on
    group by all
),

charged as (
    select
        workspace_id,
        periods.days,
        product_category,
        generation_type,
        sum(credits) as cell_credits
    from recent_cells
    inner join periods on recent_cells.days <= periods.days
    group by all
)

select
    workspace_id,
    days || 'd' as period,
    member_id,
    sum(cell_credits * unit_count / cell_unit_count) as expected_credits
from worked_on
inner join cells using (workspace_id, days, product_category, generation_type)
inner join charged using (workspace_id, days, product_category, generation_type)
group by all;

-- members: the newest version of each
create temp table members as
select workspace_id, member_id, name, team from lake('members')
qualify row_number() over (
    partition by workspace_id, member_id
    order by updated_at desc nulls last, batch_id desc, content_hash
) = 1;

-- usage_by_member
create table usage_by_member as
with compared as (
    select
        workspace_id,
        period,
        first(
            member_id
            order by credits_per_product, product_count desc, cast(member_id as varchar)
        ) as most_efficient_member_id
    from usage_by_scope
    where member_id is not null and product_count >= 10
    group by workspace_id, period
    having count(*) >= 2
)

select
    cast(usage.workspace_id as varchar) as workspace_id,
    cast(usage.member_id as varchar) as member_id,
    coalesce(members.name, cast(usage.member_id as varchar)) as member_name,
    members.team,
    usage.* exclude (workspace_id, member_id, product_category, generation_type),
    member_mix.expected_credits,
    usage.credits / nullif(expected_credits, 0) as mix_adjusted_efficiency,
    coalesce(usage.member_id = most_efficient_member_id, false) as is_most_efficient
from usage_by_scope as usage
inner join member_mix
    on
        usage.workspace_id = member_mix.workspace_id
        and usage.period = member_mix.period
        and usage.member_id = member_mix.member_id
left join members
    on
        cast(usage.workspace_id as varchar) = members.workspace_id
        and cast(usage.member_id as varchar) = members.member_id
left join compared
    on usage.workspace_id = compared.workspace_id and usage.period = compared.period
where usage.member_id is not null;

-- credit_summary: its measures of usage
create table credit_summary as
with started as (
    select
        workspace_id,
        getvariable('as_of') - min(usage_date) + 1 as age_days
    from usage_daily
    group by workspace_id
)

select
    started.workspace_id,
    periods.days || 'd' as period,
    coalesce(usage.credits, 0) as credits_used,
    coalesce(usage.credits, 0) / least(periods.days, age_days) as burn_rate,
    least(periods.days, age_days) as burn_rate_days,
    -- a window without usage has no rates, but its counts are 0
    coalesce(usage.generation_count, 0) as generation_count,
    coalesce(usage.attempt_count, 0) as attempt_count,
    coalesce(usage.regeneration_count, 0) as regeneration_count,
    coalesce(usage.attempted_unit_count, 0) as attempted_unit_count,
    coalesce(usage.regenerated_unit_count, 0) as regenerated_unit_count,
    coalesce(usage.product_count, 0) as product_count,
    coalesce(usage.member_count, 0) as member_count,
    coalesce(usage.first_pass_scored_count, 0) as first_pass_scored_count,
    coalesce(usage.first_pass_count, 0) as first_pass_count,
    coalesce(usage.first_pass_episode_count, 0) as first_pass_episode_count,
    coalesce(usage.mature_episode_count, 0) as mature_episode_count,
    coalesce(usage.used_credits, 0) as used_credits,
    coalesce(usage.iterated_credits, 0) as iterated_credits,
    coalesce(usage.wasted_credits, 0) as wasted_credits,
    coalesce(usage.pending_credits, 0) as pending_credits,
    coalesce(usage.untracked_credits, 0) as untracked_credits,
    usage.regeneration_rate,
    usage.regenerated_unit_rate,
    usage.credits_per_product,
    usage.first_pass_quality_score,
    usage.first_pass_yield,
    usage.waste_rate,
    best.member_id as most_efficient_member_id
from started
cross join periods
left join (
    select * from usage_by_scope
    where member_id is null and product_category is null and generation_type is null
) as usage
    on
        started.workspace_id = cast(usage.workspace_id as varchar)
        and usage.period = periods.days || 'd'
left join usage_by_member as best
    on
        started.workspace_id = best.workspace_id
        and best.period = periods.days || 'd'
        and best.is_most_efficient;

-- waste_by_reason
create table waste_by_reason as
select
    summary.workspace_id,
    summary.period,
    cast(cells.rule as varchar) as waste_reason,
    sum(cells.credits) as wasted_credits,
    sum(cells.generation_count) as generation_count,
    sum(cells.credits) / nullif(summary.credits_used, 0) as share_of_credits
from recent_cells as cells
inner join periods on cells.days <= periods.days
inner join credit_summary as summary
    on
        cast(cells.workspace_id as varchar) = summary.workspace_id
        and summary.period = periods.days || 'd'
where cells.rule not in ('used', 'iterated', 'pending', 'untracked')
group by summary.workspace_id, summary.period, cells.rule, summary.credits_used;

-- generation_details: the last 90 days, with all that was delivered
create table generation_details as
select
    delivered.source,
    delivered.event_id,
    delivered.workspace_id,
    delivered.member_id,
    product_id,
    delivered.generation_type,
    locale,
    cast(classified.product_category as varchar) as product_category,
    ruleset_id,
    template_id,
    workflow,
    model,
    provider,
    provider_cost,
    provider_currency,
    status,
    classified.unit_key,
    classified.episode,
    attempt_number,
    attempt_count,
    coalesce(attempt_number >= 2, false) as is_regeneration,
    cast(current_outcome as varchar) as current_outcome,
    case
        when classified.rule in ('used', 'iterated', 'pending', 'untracked')
            then cast(classified.rule as varchar)
        else 'wasted'
    end as disposition,
    case
        when classified.rule not in ('used', 'iterated', 'pending', 'untracked')
            then cast(classified.rule as varchar)
    end as waste_reason,
    not is_attempt as is_failed,
    coalesce(current_outcome in ('rejected', 'discarded'), false) as is_rejected,
    coalesce(is_thrown_away and attempt_number >= 2 and attempt_count >= 3, false)
        as is_excess_regeneration,
    coalesce(
        is_thrown_away and attempt_number = 1 and delivered.quality_score < 0.6, false
    ) as is_low_quality_draft,
    is_attempt
    and not is_used
    and is_outcome_tracked
    and usage_date <= getvariable('as_of') - 14 as is_unused,
    delivered.credits,
    delivered.quality_score,
    input_tokens,
    output_tokens,
    latency_ms,
    timezone('UTC', delivered.occurred_at) as occurred_at,
    usage_date
from delivered_events as delivered
inner join (
    select * from generations where usage_date > getvariable('as_of') - 90
) as classified on delivered.event_key = classified.event_key
-- so that older files are not read: no zone is further than that from UTC
where delivered.occurred_at > getvariable('as_of') - interval '92 days';
