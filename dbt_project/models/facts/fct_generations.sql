with generations as (select * from {{ ref('fct_reported_generations') }}),

attempts as (select * from {{ ref('fct_attempts') }}),

current_outcomes as (select * from {{ ref('fct_current_outcomes') }}),

episodes as (select * from {{ ref('fct_episodes') }}),

tracked_workspaces as (
    select distinct workspace_id from {{ ref('fct_outcomes') }}
),

-- fields nobody uses: enough recent mature episodes and not one used generation in them
unneeded_fields as (
    select
        workspace_id,
        last_product_category as product_category,
        generation_type
    from episodes
    where
        is_mature
        and last_usage_date > {{ as_of(var('unneeded_window_days')) }}
    group by workspace_id, last_product_category, generation_type
    having
        count(*) >= {{ var('unneeded_min_episodes') }}
        and sum(used_count) = 0
),

judged as (
    select
        generations.*,
        attempts.episode_id,
        attempts.attempt_number,
        attempts.attempt_count,
        current_outcomes.current_outcome,
        current_outcomes.outcome_at,
        generations.status <> 'succeeded' as is_failed,
        coalesce(current_outcomes.is_rejected, false) as is_rejected,
        coalesce(current_outcomes.is_used, false) as is_used,
        tracked_workspaces.workspace_id is not null as is_outcome_tracked,
        unneeded_fields.workspace_id is not null as is_unneeded_field,
        generations.usage_date > {{ as_of(var('maturity_days')) }}
            as is_young,
        coalesce(
            attempts.attempt_number < attempts.attempt_count
            or episodes.used_count
            > case when coalesce(current_outcomes.is_used, false) then 1 else 0 end,
            false
        ) as is_thrown_away
    from generations
    left join attempts
        on
            generations.source = attempts.source
            and generations.event_id = attempts.event_id
    left join current_outcomes
        on
            generations.source = current_outcomes.source
            and generations.event_id = current_outcomes.event_id
    left join episodes on attempts.episode_id = episodes.episode_id
    left join tracked_workspaces
        on generations.workspace_id = tracked_workspaces.workspace_id
    left join unneeded_fields
        on
            generations.workspace_id = unneeded_fields.workspace_id
            and generations.product_category = unneeded_fields.product_category
            and generations.generation_type = unneeded_fields.generation_type
),

flagged as (
    select
        judged.*,
        is_thrown_away
        and attempt_number >= 2
        and attempt_count >= {{ var('excess_attempts') }} as is_excess_regeneration,
        coalesce(
            is_thrown_away
            and attempt_number = 1
            and quality_score < {{ var('low_quality_score') }},
            false
        ) as is_low_quality_draft,
        not is_failed and not is_used and is_outcome_tracked and not is_young
            as is_unused
    from judged
),

-- first match wins; the numbers are those of the table in docs/definitions.md
decided as (
    select
        flagged.*,
        case
            when is_failed then 1
            when is_rejected then 2
            when is_used then 3
            when is_excess_regeneration then 4
            when is_low_quality_draft then 5
            when is_thrown_away then 6
            when not is_outcome_tracked then 7
            when is_young then 8
            when is_unneeded_field then 9
            else 10
        end as disposition_rule
    from flagged
)

select
    source,
    event_id,
    workspace_id,
    member_id,
    product_id,
    generation_type,
    locale,
    unit_id,
    episode_id,
    product_category,
    status,
    ruleset_id,
    template_id,
    model,
    provider,
    attempt_number,
    attempt_count,
    coalesce(attempt_number >= 2, false) as is_regeneration,
    current_outcome,
    cast(disposition_rule as bigint) as disposition_rule,
    case
        when disposition_rule = 3 then 'used'
        when disposition_rule = 6 then 'iterated'
        when disposition_rule = 7 then 'untracked'
        when disposition_rule = 8 then 'pending'
        else 'wasted'
    end as disposition,
    case disposition_rule
        when 1 then 'failed_generation'
        when 2 then 'rejected_content'
        when 4 then 'excess_regeneration'
        when 5 then 'low_quality_draft'
        when 9 then 'unneeded_field'
        when 10 then 'unused_content'
    end as waste_reason,
    is_failed,
    is_rejected,
    coalesce(is_excess_regeneration, false) as is_excess_regeneration,
    is_low_quality_draft,
    is_unused,
    credits,
    quality_score,
    input_tokens,
    output_tokens,
    latency_ms,
    occurred_at,
    outcome_at,
    usage_date
from decided
