select
    feed,
    count(*) filter (where status = 'loaded') as files,
    count(*) filter (where status = 'alias') as aliases,
    cast(sum(accepted_count) as bigint) as accepted
from raw.deliveries
where batch_id in ({batches})
group by feed
order by feed
