select
    workspace_id,
    product_id,
    title as product_title,
    category as product_category,
    version_number,
    is_newest,
    updated_at,
    replaced_at,
    batch_id
from {{ ref('stg_products') }}
