select
    feed,
    count(*) filter (where status = 'loaded') as files,
    count(*) filter (where status = 'alias') as aliases,
    cast(sum(accepted_count) as bigint) as accepted
from raw.deliveries
-- rows that mappings made are known by the folder of their file
where batch_id in ({batches}) and split_part(file_path, '/', 1) = feed
group by feed
order by feed
