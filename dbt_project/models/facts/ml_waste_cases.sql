{{ config(materialized='view') }}

-- 30 days more than returned: the first days returned have earlier attempts too
with attempts as (
    select
        generations.*,
        workspaces.timezone,
        workspaces.is_outcome_tracked
    from {{ ref('int_generations_classified') }} as generations
    inner join {{ ref('dim_reporting_workspaces') }} as workspaces
        on generations.workspace_id = workspaces.workspace_id
    where
        generations.attempt_number is not null
        and generations.usage_date > {{ as_of(var('waste_history_days') + 30) }}
),

-- before its workspace reported any use, nothing was known to be unused
trackings as (
    select
        workspace_id,
        min(decided_at) as tracked_at
    from attempts
    group by workspace_id
),

-- what is alone in its episode has no neighbours
neighbours as (
    select
        row_id,
        min(occurred_at) over previous_attempt as previous_at,
        min(occurred_at) over next_attempt as next_at,
        min(case when {{ is_use('current_outcome') }} then decided_at end)
            over in_all as first_use_at
    from attempts
    where attempt_count > 1 or variant_count > 1
    window
        in_all as (partition by {{ unit_columns() | join(', ') }}, episode_number),
        previous_attempt as (
            partition by {{ unit_columns() | join(', ') }}, episode_number
            order by attempt_number
            range between 1 preceding and 1 preceding
        ),
        next_attempt as (
            partition by {{ unit_columns() | join(', ') }}, episode_number
            order by attempt_number
            range between 1 following and 1 following
        )
),

settled as (
    select
        attempts.*,
        neighbours.previous_at,
        trackings.tracked_at,
        -- thrown away: by the next attempt, or by the use of another one
        case
            when attempts.settled_rule in ('rejected_content', 'used')
                then attempts.decided_at
            when attempts.settled_rule is not null
                then least(neighbours.next_at, neighbours.first_use_at)
        end as settled_at,
        coalesce(
            attempts.settled_rule,
            {{ pending_disposition_rule(
                'attempts.is_outcome_tracked',
                'attempts.usage_date',
                'false'
            ) }}
        ) as disposition_rule
    from attempts
    left join neighbours on attempts.row_id = neighbours.row_id
    left join trackings on attempts.workspace_id = trackings.workspace_id
    where attempts.usage_date > {{ as_of(var('waste_history_days')) }}
),

-- a workspace that reports no use gives no labels, nor does what was paid back
labelled as (
    select
        settled.*,
        rules.disposition = 'wasted' as is_wasted,
        rules.disposition = 'pending' as is_pending,
        settled.is_outcome_tracked
        and rules.disposition not in ('pending', 'refunded') as has_label
    from settled
    inner join {{ ref('disposition_rules') }} as rules
        on settled.disposition_rule = rules.rule_name
)

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
    -- the day on which everything its disposition depends on is known
    case
        when has_label
            then greatest(
                {{ add_days('usage_date', var('maturity_days')) }},
                episode_last_usage_date,
                {{ local_date('settled_at', 'timezone') }},
                case
                    when disposition_rule = 'unused_content'
                        then {{ local_date('tracked_at', 'timezone') }}
                end
            )
    end as known_on,
    usage_date
from labelled
