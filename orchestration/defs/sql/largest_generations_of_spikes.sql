select
    workspace_id,
    usage_date,
    source,
    event_id,
    cast(cast(credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro
from (
    select
        generations.*,
        row_number() over (
            partition by generations.workspace_id, generations.usage_date
            order by
                generations.credits desc,
                generations.source asc,
                generations.event_id asc
        ) as credit_rank
    from facts.int_generations_classified as generations
    inner join spikes
        on
            generations.workspace_id = spikes.workspace_id
            and generations.usage_date = cast(spikes.usage_date as date)
) as ranked
where credit_rank = 1
