{{ config(materialized='view') }}

-- before its workspace reported any use, nothing was known to be unused; 30 days more
-- than returned, so that it does not change with the first day returned
with trackings as (
    select
        generations.workspace_id,
        workspaces.timezone,
        workspaces.is_outcome_tracked,
        {{ local_date('min(generations.decided_at)', 'workspaces.timezone') }}
            as tracked_on
    from {{ ref('int_generations_classified') }} as generations
    inner join {{ ref('dim_reporting_workspaces') }} as workspaces
        on generations.workspace_id = workspaces.workspace_id
    where
        generations.attempt_number is not null
        and generations.usage_date > {{ as_of(var('waste_history_days') + 30) }}
    group by
        generations.workspace_id,
        workspaces.timezone,
        workspaces.is_outcome_tracked
),

-- apart from the trackings, so that only the days asked for are read
attempts as (
    select
        generations.*,
        trackings.timezone,
        trackings.is_outcome_tracked,
        trackings.tracked_on
    from {{ ref('int_generations_classified') }} as generations
    inner join trackings on generations.workspace_id = trackings.workspace_id
    where
        generations.attempt_number is not null
        and generations.usage_date > {{ as_of(var('waste_history_days')) }}
),

settled as (
    select
        attempts.*,
        coalesce(attempts.settled_rule in ('rejected_content', 'used'), false)
            as is_decided,
        attempts.settled_rule = 'rejected_content' as is_rejected,
        attempts.is_excess_regeneration or attempts.is_low_quality_draft
            as is_wasted_if_thrown_away,
        coalesce(
            attempts.settled_rule,
            {{ pending_disposition_rule(
                'attempts.is_outcome_tracked',
                'attempts.usage_date',
                'false'
            ) }}
        ) as disposition_rule
    from attempts
),

-- content thrown away before its outcome came was taken for wasted, or for not wasted
settled_before as (
    select
        settled.*,
        case
            when is_decided and overruled_at < decided_at then overruled_at
            when
                is_decided
                and thrown_away_at < decided_at
                and is_wasted_if_thrown_away <> is_rejected
                then thrown_away_at
        end as opposite_at
    from settled
),

with_settled_at as (
    select
        settled_before.*,
        case
            when not is_decided then thrown_away_at
            when opposite_at is null then least(decided_at, thrown_away_at)
            else decided_at
        end as settled_at
    from settled_before
),

-- a workspace that reports no use gives no labels, nor does what was paid back
labelled as (
    select
        cases.*,
        {{ local_date('cases.settled_at', 'cases.timezone') }} as settled_date,
        rules.disposition = 'wasted' as is_wasted,
        rules.disposition = 'pending' as is_pending,
        cases.is_outcome_tracked
        and rules.disposition not in ('pending', 'refunded') as has_label
    from with_settled_at as cases
    inner join {{ ref('disposition_rules') }} as rules
        on cases.disposition_rule = rules.rule_name
),

cases as (
    select
        row_id,
        source,
        event_id,
        workspace_id,
        member_id,
        product_id,
        generation_type,
        product_category,
        ruleset_id,
        template_id,
        model,
        attempt_number,
        {{ epoch_micros('occurred_at') }} - {{ epoch_micros('previous_at') }}
            as since_previous_us,
        quality_score,
        credits,
        {{ epoch_micros(local_time('occurred_at', 'timezone')) }} as made_us,
        {{ epoch_micros('settled_at') }} - {{ epoch_micros('occurred_at') }}
            as settled_after_us,
        is_pending,
        case when has_label then is_wasted end as is_wasted,
        -- since when its disposition is as it is now; an outcome may be dated too early
        case
            when has_label
                then greatest(
                    usage_date,
                    settled_date,
                    case
                        when settled_at is null
                            then {{ add_days('usage_date', var('maturity_days')) }}
                    end,
                    case when disposition_rule = 'unused_content' then tracked_on end
                )
        end as settled_on,
        episode_last_usage_date,
        {{ epoch_micros('opposite_at') }} - {{ epoch_micros('occurred_at') }}
            as opposite_after_us,
        case
            when has_label and opposite_at is not null
                then greatest(usage_date, {{ local_date('opposite_at', 'timezone') }})
        end as opposite_on,
        usage_date,
        -- equal as long as nothing has changed that a model or a rate is computed from
        {{ hash_of([
            'row_id',
            "coalesce(workspace_id, '')",
            "coalesce(member_id, '')",
            "coalesce(product_id, '')",
            "coalesce(generation_type, '')",
            "coalesce(product_category, '')",
            "coalesce(ruleset_id, '')",
            "coalesce(template_id, '')",
            "coalesce(model, '')",
            'attempt_number',
            'coalesce(' ~ epoch_micros('previous_at') ~ ', -1)',
            'coalesce(quality_score, -1)',
            'credits',
            epoch_micros('occurred_at'),
            'timezone',
        ]) }} as case_hash
    from labelled
),

-- the day on which everything a label depends on is known
known as (
    select
        cases.*,
        case
            when settled_on is not null
                then greatest(
                    {{ add_days('usage_date', var('maturity_days')) }},
                    episode_last_usage_date,
                    settled_on
                )
        end as known_on
    from cases
)

select
    known.*,
    case
        when known_on is not null
            then {{ hash_of(['case_hash', 'is_wasted', 'known_on']) }}
    end as known_hash,
    case
        when settled_on is not null
            then {{ hash_of([
                'case_hash',
                'is_wasted',
                'settled_on',
                'coalesce(settled_after_us, -1)',
                'coalesce(opposite_after_us, -1)',
            ]) }}
    end as settled_hash,
    case
        when opposite_on is not null
            then {{ hash_of(['case_hash', 'is_wasted', 'opposite_after_us']) }}
    end as opposite_hash
from known
