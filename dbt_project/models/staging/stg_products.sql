with versions as (
    {{ newest_version(source('raw', 'products'), ['workspace_id', 'product_id']) }}
)

select
    workspace_id,
    product_id,
    title,
    category,
    {{ utc_timestamp('updated_at') }} as updated_at,
    batch_id
from versions
