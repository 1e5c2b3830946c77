-- the last attempt of an episode decides its category and day
select
    workspace_id,
    product_category,
    generation_type
from {{ ref('int_generations_classified') }}
where
    attempt_number = attempt_count
    and is_first_variant
    and usage_date <= {{ as_of(var('maturity_days')) }}
    and usage_date > {{ as_of(var('unneeded_window_days')) }}
group by workspace_id, product_category, generation_type
having
    count(*) >= {{ var('unneeded_min_episodes') }}
    and sum(episode_used_count) = 0
