select
    coalesce(sum(credits), 0) * 1000000 as credits_micro,
    coalesce(sum(case when is_regeneration then credits end), 0) * 1000000
        as regeneration_credits_micro,
    count(distinct member_id) as member_count,
    count(distinct product_id) as product_count
from facts.fct_generations
where
    workspace_id = '{workspace_id}'
    and usage_date > date '{last_day}' - 30
    and usage_date <= date '{last_day}'
