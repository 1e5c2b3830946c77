select
    split_part(file_path, '/', 1) as source_folder,
    feed,
    rule,
    count(*) as row_count,
    min(concat(file_path, ':', line_number, ': ', reason)) as example
from read_parquet($files)
group by split_part(file_path, '/', 1), feed, rule
order by source_folder asc, row_count desc, feed asc, rule asc
