select
    deliveries.batch_id,
    deliveries.file_path,
    deliveries.quarantined_count,
    coalesce(kept.line_count, 0) as kept_count
from raw.deliveries as deliveries
left join (
    select
        batch_id,
        file_path,
        count(*) as line_count
    from raw.quarantine
    where line_number is not null and :is_new(batch_id)
    group by batch_id, file_path
) as kept
    on deliveries.batch_id = kept.batch_id and deliveries.file_path = kept.file_path
where
    deliveries.status = 'loaded'
    and :is_new(deliveries.batch_id)
    and deliveries.quarantined_count <> coalesce(kept.line_count, 0)
