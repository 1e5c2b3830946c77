select
    workspace_id,
    sum(mart_count) as mart_count,
    sum(mart_credits) as mart_credits,
    sum(fact_count) as fact_count,
    sum(fact_credits) as fact_credits
from (
    select
        workspace_id,
        generation_count as mart_count,
        credits as mart_credits,
        0 as fact_count,
        0 as fact_credits
    from marts.usage_daily
    union all
    select
        workspace_id,
        0 as mart_count,
        0 as mart_credits,
        1 as fact_count,
        credits as fact_credits
    from facts.int_generations_classified
) as both_sides
group by workspace_id
having sum(mart_count) <> sum(fact_count) or sum(mart_credits) <> sum(fact_credits)
