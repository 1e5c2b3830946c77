with records as (
    select
        batch_id,
        file_path,
        sum(accepted_count) as record_count
    from raw.deliveries
    where
        status = 'loaded'
        and :is_new(batch_id)
        and feed not in ({feeds})
    group by batch_id, file_path
),

explained as (
    select
        batch_id,
        file_path,
        sum(record_count) as record_count,
        sum(mapped_count) as mapped_count,
        sum(left_out_count) as left_out_count,
        sum(quarantined_count) as quarantined_count
    from raw.mapping_counts
    where file_path is not null and :is_new(batch_id)
    group by batch_id, file_path
)

select
    records.batch_id,
    records.file_path,
    records.record_count,
    coalesce(explained.mapped_count, 0) as mapped_count,
    coalesce(explained.left_out_count, 0) as left_out_count,
    coalesce(explained.quarantined_count, 0) as quarantined_count
from records
left join explained
    on records.batch_id = explained.batch_id and records.file_path = explained.file_path
where
    records.record_count
    <> coalesce(
        explained.mapped_count
        + explained.left_out_count
        + explained.quarantined_count,
        0
    )
    or records.record_count <> coalesce(explained.record_count, 0)
