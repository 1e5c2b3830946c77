select
    promised.batch_id,
    promised.file_path,
    promised.quarantined_count,
    coalesce(kept.line_count, 0) as kept_count
from (
    -- a file of another system has a row for each feed that rows were made of
    select
        batch_id,
        file_path,
        sum(quarantined_count) as quarantined_count
    from raw.deliveries
    where status = 'loaded' and :is_new(batch_id)
    group by batch_id, file_path
) as promised
left join (
    select
        batch_id,
        file_path,
        count(*) as line_count
    from raw.quarantine
    where line_number is not null and :is_new(batch_id)
    group by batch_id, file_path
) as kept
    on promised.batch_id = kept.batch_id and promised.file_path = kept.file_path
where promised.quarantined_count <> coalesce(kept.line_count, 0)
