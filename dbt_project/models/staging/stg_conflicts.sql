select
    feed,
    key_scope,
    key_id,
    batch_id,
    file_path,
    line_number,
    content_hash,
    winning_hash,
    winning_batch_id,
    credits
from {{ ref('stg_repeated_deliveries') }}
where is_conflict
