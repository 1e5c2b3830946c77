select
    spikes.workspace_id,
    cast(spikes.usage_date as date) as usage_date,
    cells.member_id,
    cells.product_category,
    cells.generation_type,
    cast(
        sum(
            case when cells.usage_date = spikes.usage_date then cells.credits else 0 end
        )
        * 1000000
        as bigint
    ) as credits_micro,
    cast(
        sum(
            case when cells.usage_date < spikes.usage_date then cells.credits else 0 end
        )
        * 1000000
        as bigint
    ) as before_micro
from spikes
inner join facts.int_usage_daily_base as cells
    on
        spikes.workspace_id = cells.workspace_id
        and spikes.usage_date >= cells.usage_date
        and cells.usage_date >= spikes.usage_date - interval '{usual_days}' day
        and cells.usage_date > cast('{before}' as date)
group by all
