select
    workspace_id,
    sum(mart_count) as mart_count,
    sum(mart_credits) as mart_credits,
    sum(fact_count) as fact_count,
    sum(fact_credits) as fact_credits
from (
    select
        workspace_id,
        sum(generation_count) as mart_count,
        sum(credits) as mart_credits,
        0 as fact_count,
        0 as fact_credits
    from usage_days
    group by workspace_id
    union all
    select
        workspace_id,
        0 as mart_count,
        0 as mart_credits,
        count(*) as fact_count,
        sum(credits) as fact_credits
    from facts.int_generations_classified
    group by workspace_id
) as both_sides
group by workspace_id
having sum(mart_count) <> sum(fact_count) or sum(mart_credits) <> sum(fact_credits)
