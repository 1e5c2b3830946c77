select
    batch_id,
    feed,
    file_path,
    file_sha256,
    status,
    line_count,
    accepted_count,
    quarantined_count,
    accepted_credits,
    {{ utc_timestamp('loaded_at') }} as loaded_at
from {{ source('raw', 'deliveries') }}
