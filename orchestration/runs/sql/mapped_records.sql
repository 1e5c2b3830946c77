select
    source_folder,
    count(file_path) as file_count,
    coalesce(cast(sum(record_count) as bigint), 0) as record_count,
    coalesce(cast(sum(left_out_count) as bigint), 0) as left_out_count,
    coalesce(cast(sum(quarantined_count) as bigint), 0) as quarantined_count,
    coalesce(cast(sum(repeated_count) as bigint), 0) as repeated_count,
    cast(sum(rounded) as string) as rounded
from raw.mapping_counts
where batch_id in ({batches})
group by source_folder
order by source_folder
