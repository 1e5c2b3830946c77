with named as (
    select * from {{ ref('stg_products') }}
    where is_newest
),

known as (
    select
        workspace_id,
        product_id
    from {{ ref('stg_products') }}
    union
    select
        workspace_id,
        product_id
    from {{ ref('stg_generation_events') }}
)

select
    known.workspace_id,
    known.product_id,
    coalesce(named.title, known.product_id) as product_title,
    named.category as product_category
from known
left join named
    on known.workspace_id = named.workspace_id and known.product_id = named.product_id
