select
    source_folder,
    count(distinct file_path) as file_count,
    coalesce(cast(sum(record_count) as bigint), 0) as record_count,
    coalesce(cast(sum(mapped_count) as bigint), 0) as mapped_count,
    coalesce(cast(sum(left_out_count) as bigint), 0) as left_out_count,
    coalesce(cast(sum(quarantined_count) as bigint), 0) as quarantined_count,
    coalesce(cast(sum(repeated_count) as bigint), 0) as repeated_count,
    cast(sum(rounded) as varchar) as rounded
from read_parquet($files)
group by source_folder
order by source_folder
