with versions as (
    {{ newest_version(source('raw', 'credit_packs'), ['workspace_id', 'pack_id']) }}
)

select
    workspace_id,
    pack_id,
    credits,
    price,
    currency,
    validity_days,
    {{ utc_timestamp('updated_at') }} as updated_at,
    batch_id
from versions
