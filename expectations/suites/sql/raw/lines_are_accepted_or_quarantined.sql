select
    batch_id,
    file_path,
    status,
    line_count,
    accepted_count,
    quarantined_count
from raw.deliveries
where :is_new(batch_id) and (
    coalesce(line_count <> accepted_count + quarantined_count, true)
    or (status <> 'loaded' and accepted_count <> 0)
)
