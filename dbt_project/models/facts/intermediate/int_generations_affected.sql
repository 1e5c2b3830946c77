{%- set keys = ref('stg_generation_keys') %}
{%- set product = prefixed('products', ['workspace_id', 'product_id']).split(', ') %}

with workspaces as (
    select workspace_id from {{ ref('int_workspaces_with_changed_timezone') }}
),

recategorized_products as (
    {{ changed_keys(
        source('raw', 'products'), ['workspace_id', 'product_id'], 'category'
    ) }}
),

named as (
    {{ changed_references() }}
),

-- each instant with its row: of the lake's files only what lies around is read
found as (
    select
        row_id,
        occurred_at
    from {{ keys }}
    where
        {{ is_new_batch() }}
        or {{ is_newly_known('occurred_on', margin=1) }}
    union
    select
        row_id,
        occurred_at
    from {{ keys }}
    where id_hash in (select {{ hash_of(['named.event_id']) }} from named)
    union
    select
        row_id,
        occurred_at
    from {{ keys }}
    where
        product_hash in (
            select {{ hash_of(product) }}
            from recategorized_products as products
        )
    union
    select
        row_id,
        occurred_at
    from {{ source('raw', 'generation_events') }}
    where workspace_id in (select workspaces.workspace_id from workspaces)
),

delivered as (
    {{ first_deliveries(
        source('raw', 'generation_events'), ref('stg_repeated_deliveries'), 'found'
    ) }}
)

select {{ generation_event_columns() }}
from delivered
where {{ in_increment() }}
