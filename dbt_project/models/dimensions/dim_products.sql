select
    workspace_id,
    product_id,
    coalesce(title, product_id) as product_title,
    category as product_category
from {{ ref('stg_products') }}
where is_newest
