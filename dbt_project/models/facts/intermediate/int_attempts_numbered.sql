{%- set request_columns = ['unit_key', 'source', 'request_id'] %}

with generations as (
    select
        row_id,
        source,
        event_id,
        request_id,
        usage_date,
        occurred_at,
        quality_score,
        {{ unit_columns() | join(',
        ') }}
    from {{ ref('int_generations_reported') }}
    where status = 'succeeded' and product_id is not null
),

-- only units with more than one generation need numbering
repeated_units as (
    select
        {{ unit_columns() | join(',
        ') }},
        min(row_id) as unit_key,
        max(occurred_at) as last_at
    from generations
    group by {{ unit_columns() | join(', ') }}
    having count(*) > 1
),

attempted as (
    select
        generations.row_id,
        generations.source,
        generations.event_id,
        generations.request_id,
        generations.usage_date,
        generations.occurred_at,
        generations.quality_score,
        units.unit_key,
        units.last_at,
        case when current_outcomes.is_used then 1 else 0 end as is_used,
        case when current_outcomes.is_used then current_outcomes.decided_at end
            as used_at
    from generations
    inner join repeated_units as units
        on
            {{ same_columns('generations', 'units', unit_columns()[:3]) }}
            and generations.locale is not distinct from units.locale
    left join {{ ref('int_outcomes_latest') }} as current_outcomes
        on generations.row_id = current_outcomes.row_id
),

-- most requests have one variant, and need no order
requests_with_variants as (
    select
        unit_key,
        source,
        request_id
    from attempted
    where request_id is not null
    group by unit_key, source, request_id
    having count(*) > 1
),

-- variants of one request are one attempt, which stands where and when its first does
variants as (
    select
        attempted.row_id,
        attempted.unit_key,
        attempted.source,
        attempted.usage_date,
        attempted.last_at,
        attempted.event_id as first_event_id,
        attempted.occurred_at as attempted_at,
        cast(1 as bigint) as variant_number,
        cast(1 as bigint) as variant_count,
        attempted.is_used,
        attempted.used_at,
        case when attempted.quality_score is null then 0 else 1 end
            as scored_variant_count,
        cast({{ score_steps('attempted.quality_score') }} as decimal(38, 0))
            as quality_steps
    from attempted
    left join requests_with_variants as requests
        on {{ same_columns('attempted', 'requests', request_columns) }}
    where requests.unit_key is null
    union all
    select
        attempted.row_id,
        attempted.unit_key,
        attempted.source,
        attempted.usage_date,
        attempted.last_at,
        first_value(attempted.event_id) over variants_in_order as first_event_id,
        min(attempted.occurred_at) over all_variants as attempted_at,
        row_number() over variants_in_order as variant_number,
        count(*) over all_variants as variant_count,
        max(attempted.is_used) over all_variants as is_used,
        min(attempted.used_at) over all_variants as used_at,
        count(attempted.quality_score) over all_variants as scored_variant_count,
        cast(
            sum({{ score_steps('attempted.quality_score') }}) over all_variants
            as decimal(38, 0)
        ) as quality_steps
    from attempted
    inner join requests_with_variants as requests
        on {{ same_columns('attempted', 'requests', request_columns) }}
    window
        all_variants as (
            partition by attempted.unit_key, attempted.source, attempted.request_id
        ),
        variants_in_order as (
            partition by attempted.unit_key, attempted.source, attempted.request_id
            order by attempted.occurred_at, attempted.event_id
        )
),

numbered as (
    select
        variants.*,
        {{ epoch_micros('attempted_at') }} as attempted_us,
        dense_rank() over (
            partition by unit_key
            order by attempted_at, source, first_event_id
        ) as unit_attempt_number
    from variants
),

-- attempts and their uses; at the same instant, a use follows its own attempt
timeline as (
    select
        unit_key,
        attempted_us as at_us,
        unit_attempt_number,
        attempted_at,
        attempted_us,
        cast(null as bigint) as used_us
    from numbered
    where variant_number = 1
    union all
    select
        numbered.unit_key,
        {{ epoch_micros('outcomes.occurred_at') }} as at_us,
        numbered.unit_attempt_number,
        cast(null as timestamp) as attempted_at,
        cast(null as bigint) as attempted_us,
        {{ epoch_micros('outcomes.occurred_at') }} as used_us
    from numbered
    inner join {{ ref('int_outcomes_known') }} as outcomes
        on numbered.row_id = outcomes.row_id
    where
        outcomes.is_use
        -- one dated before its own attempt or after all of its unit ends no episode
        and outcomes.occurred_at >= numbered.attempted_at
        and outcomes.occurred_at <= numbered.last_at
),

paused as (
    select
        timeline.*,
        max(attempted_us) over earlier as previous_us,
        max(used_us) over earlier as newest_use_us
    from timeline
    window earlier as (
        partition by unit_key
        order by
            at_us,
            unit_attempt_number,
            case when attempted_us is null then 1 else 0 end
        rows between unbounded preceding and 1 preceding
    )
),

opened as (
    select
        unit_key,
        unit_attempt_number,
        attempted_at,
        case
            when previous_us is null then 1
            when
                attempted_us - previous_us > {{ var('episode_gap_days') }} * 86400000000
                then 1
            when newest_use_us >= previous_us then 1
            else 0
        end as opens_episode
    from paused
    where attempted_us is not null
),

-- with their neighbours in the episode
episodes as (
    select
        unit_key,
        unit_attempt_number,
        sum(opens_episode) over in_order as episode_number,
        case when opens_episode = 0 then lag(attempted_at) over in_order end
            as previous_at,
        case
            when lead(opens_episode) over in_order = 0
                then lead(attempted_at) over in_order
        end as next_at
    from opened
    window in_order as (
        partition by unit_key
        order by unit_attempt_number
    )
),

placed as (
    select
        numbered.*,
        episodes.episode_number,
        episodes.previous_at,
        episodes.next_at
    from numbered
    inner join episodes
        on
            numbered.unit_key = episodes.unit_key
            and numbered.unit_attempt_number = episodes.unit_attempt_number
),

summed as (
    select
        unit_key,
        episode_number,
        min(unit_attempt_number) as first_number,
        count(*) as attempt_count,
        sum(is_used) as used_count,
        min(used_at) as first_used_at,
        max(usage_date) as last_usage_date
    from placed
    where variant_number = 1
    group by unit_key, episode_number
)

select
    placed.row_id,
    cast(placed.episode_number as bigint) as episode_number,
    cast(placed.unit_attempt_number - summed.first_number + 1 as bigint)
        as attempt_number,
    cast(summed.attempt_count as bigint) as attempt_count,
    placed.variant_number,
    placed.variant_count,
    placed.is_used = 1 as is_attempt_used,
    cast(summed.used_count as bigint) as used_count,
    summed.last_usage_date,
    placed.previous_at,
    least(placed.next_at, summed.first_used_at) as thrown_away_at,
    cast(placed.scored_variant_count as bigint) as scored_variant_count,
    placed.quality_steps
from placed
inner join summed
    on
        placed.unit_key = summed.unit_key
        and placed.episode_number = summed.episode_number
