with generations as (
    select
        row_id,
        source,
        event_id,
        request_id,
        usage_date,
        occurred_at,
        quality_score,
        case when request_id is null then event_id end as only_event_id,
        {{ unit_key(unit_columns()) }} as unit_key
    from {{ ref('int_generations_reported') }}
    where status = 'succeeded' and product_id is not null
),

-- only units with more than one generation need numbering
repeated_units as (
    select unit_key
    from generations
    group by unit_key
    having count(*) > 1
),

-- variants of one request are one attempt, which stands where and when its first does
variants as (
    select
        generations.row_id,
        generations.unit_key,
        generations.source,
        generations.usage_date,
        first_value(generations.event_id) over variants_in_order as first_event_id,
        min(generations.occurred_at) over all_variants as attempted_at,
        row_number() over variants_in_order as variant_number,
        count(*) over all_variants as variant_count,
        max(case when current_outcomes.is_used then 1 else 0 end) over all_variants
            as is_used,
        count(generations.quality_score) over all_variants as scored_variant_count,
        sum({{ score_steps('generations.quality_score') }}) over all_variants
            as quality_steps
    from generations
    inner join repeated_units on generations.unit_key = repeated_units.unit_key
    left join {{ ref('int_outcomes_latest') }} as current_outcomes
        on generations.row_id = current_outcomes.row_id
    window
        all_variants as (
            partition by
                generations.unit_key,
                generations.source,
                generations.request_id,
                generations.only_event_id
        ),
        variants_in_order as (
            partition by
                generations.unit_key,
                generations.source,
                generations.request_id,
                generations.only_event_id
            order by generations.occurred_at, generations.event_id
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
        attempted_us,
        cast(null as bigint) as used_us
    from numbered
    where variant_number = 1
    union all
    select
        numbered.unit_key,
        {{ epoch_micros('outcomes.occurred_at') }} as at_us,
        numbered.unit_attempt_number,
        cast(null as bigint) as attempted_us,
        {{ epoch_micros('outcomes.occurred_at') }} as used_us
    from numbered
    inner join {{ ref('int_outcomes_known') }} as outcomes
        on numbered.row_id = outcomes.row_id
    where
        outcomes.is_use
        -- a use dated before its own attempt cannot end an episode after it
        and {{ epoch_micros('outcomes.occurred_at') }} >= numbered.attempted_us
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

episodes as (
    select
        opened.*,
        sum(opens_episode) over (
            partition by unit_key
            order by unit_attempt_number
            rows between unbounded preceding and current row
        ) as episode_number
    from opened
),

placed as (
    select
        numbered.*,
        episodes.episode_number
    from numbered
    inner join episodes
        on
            numbered.unit_key = episodes.unit_key
            and numbered.unit_attempt_number = episodes.unit_attempt_number
)

select
    row_id,
    cast(episode_number as bigint) as episode_number,
    cast(
        unit_attempt_number - min(unit_attempt_number) over episode + 1 as bigint
    ) as attempt_number,
    cast(
        max(unit_attempt_number) over episode
        - min(unit_attempt_number) over episode
        + 1
        as bigint
    ) as attempt_count,
    cast(variant_number as bigint) as variant_number,
    cast(variant_count as bigint) as variant_count,
    is_used = 1 as is_attempt_used,
    cast(
        sum(case when variant_number = 1 then is_used else 0 end) over episode as bigint
    ) as used_count,
    max(case when variant_number = 1 then usage_date end) over episode
        as last_usage_date,
    cast(scored_variant_count as bigint) as scored_variant_count,
    cast(quality_steps as decimal(38, 0)) as quality_steps
from placed
window episode as (partition by unit_key, episode_number)
