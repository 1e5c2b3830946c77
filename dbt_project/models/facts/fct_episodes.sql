with attempts as (select * from {{ ref('fct_attempts') }}),

generations as (select * from {{ ref('fct_reported_generations') }}),

current_outcomes as (select * from {{ ref('fct_current_outcomes') }}),

described as (
    select
        attempts.episode_id,
        attempts.unit_id,
        attempts.attempt_number,
        attempts.attempt_count,
        generations.workspace_id,
        generations.member_id,
        generations.product_category,
        generations.generation_type,
        generations.usage_date,
        coalesce(current_outcomes.is_used, false) as is_used
    from attempts
    inner join generations
        on
            attempts.source = generations.source
            and attempts.event_id = generations.event_id
    left join current_outcomes
        on
            attempts.source = current_outcomes.source
            and attempts.event_id = current_outcomes.event_id
),

used as (
    select
        episode_id,
        sum(case when is_used then 1 else 0 end) as used_count
    from described
    group by episode_id
)

select
    first_attempt.episode_id,
    first_attempt.unit_id,
    first_attempt.workspace_id,
    first_attempt.generation_type,
    first_attempt.member_id as first_member_id,
    first_attempt.product_category as first_product_category,
    last_attempt.product_category as last_product_category,
    first_attempt.attempt_count,
    cast(used.used_count as bigint) as used_count,
    first_attempt.usage_date as first_usage_date,
    last_attempt.usage_date as last_usage_date,
    last_attempt.usage_date <= {{ as_of(var('maturity_days')) }} as is_mature,
    first_attempt.is_used and first_attempt.attempt_count = 1 as is_first_pass
from described as first_attempt
inner join described as last_attempt
    on
        first_attempt.episode_id = last_attempt.episode_id
        and last_attempt.attempt_number = last_attempt.attempt_count
inner join used on first_attempt.episode_id = used.episode_id
where first_attempt.attempt_number = 1
