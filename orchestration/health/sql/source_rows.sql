select
    split_part(file_path, '/', 1) as source_folder,
    feed,
    cast(sum(accepted_count) as bigint) as row_count
from read_parquet($files)
group by split_part(file_path, '/', 1), feed
having sum(accepted_count) > 0
order by source_folder, feed
