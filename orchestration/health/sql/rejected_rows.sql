-- a file loaded later under the same name counts as the correction of the earlier one
select
    quarantine.*,
    coalesce(reloaded.batch_id > quarantine.batch_id, false) as is_corrected
from read_parquet($quarantine) as quarantine
left join (
    select
        file_path,
        max(batch_id) as batch_id
    from read_parquet($deliveries)
    where status in ('loaded', 'alias')
    group by file_path
) as reloaded
    on quarantine.file_path = reloaded.file_path
