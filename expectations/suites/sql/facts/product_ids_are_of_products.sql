with long_episodes as (
    select
        workspace_id,
        product_id,
        attempt_count,
        row_number() over (
            partition by workspace_id
            order by attempt_count desc, product_id asc
        ) as length_rank,
        sum(credits) over (partition by workspace_id) as long_credits
    from facts.int_generations_classified
    where usage_date > :as_of - 30 and attempt_count > 20
),

used as (
    select
        workspace_id,
        sum(credits) as credits
    from facts.int_generations_classified
    where usage_date > :as_of - 30
    group by workspace_id
)

select
    long_episodes.workspace_id,
    long_episodes.long_credits,
    used.credits,
    long_episodes.attempt_count as longest_count,
    long_episodes.product_id
from long_episodes
inner join used on long_episodes.workspace_id = used.workspace_id
where long_episodes.length_rank = 1 and long_episodes.long_credits * 4 > used.credits
