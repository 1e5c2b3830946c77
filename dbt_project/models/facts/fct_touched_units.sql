with workspaces as (select * from {{ ref('dim_workspaces') }}),

zones_before as (
    {{ versions_before('workspaces', ['workspace_id'], ['timezone']) }}
),

moved_workspaces as (
    select workspaces.workspace_id
    from workspaces
    left join zones_before on workspaces.workspace_id = zones_before.workspace_id
    where
        {{ in_increment() }}
        and {{ is_redelivered('workspaces', ['workspace_id'], 'workspaces') }}
        and workspaces.timezone
        <> coalesce(zones_before.timezone, '{{ var("default_timezone") }}')
),

categories_before as (
    {{ versions_before('products', ['workspace_id', 'product_id'], ['category']) }}
),

recategorised_products as (
    select
        products.workspace_id,
        products.product_id
    from {{ ref('dim_products') }} as products
    left join categories_before
        on
            products.workspace_id = categories_before.workspace_id
            and products.product_id = categories_before.product_id
    where
        {{ in_increment() }}
        and {{ is_redelivered('products', ['workspace_id', 'product_id'], 'products') }}
        and products.product_category is distinct from categories_before.category
),

-- outcomes and retractions that came since, or that the passing of as_of may make known
news as (
    {%- for feed in ('stg_content_outcomes', 'stg_event_retractions') %}
    select
        source,
        event_id,
        occurred_at,
        batch_id
    from {{ ref(feed) }}
    where
        {{ is_new_batch() }}
        or {{ is_newly_known('cast(occurred_at as date)', margin=1) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

touched as (
    select
        workspace_id,
        product_id,
        generation_type,
        locale
    from {{ ref('stg_generation_events') }}
    where {{ is_new_batch() }}
    union
    select
        events.workspace_id,
        events.product_id,
        events.generation_type,
        events.locale
    from {{ ref('stg_generation_events') }} as events
    inner join workspaces on events.workspace_id = workspaces.workspace_id
    where
        {{ is_newly_known('cast(events.occurred_at as date)', margin=1) }}
        and {{ is_newly_known(
            local_date('events.occurred_at', 'workspaces.timezone')
        ) }}
    union
    select
        events.workspace_id,
        events.product_id,
        events.generation_type,
        events.locale
    from {{ ref('stg_generation_events') }} as events
    inner join news on events.source = news.source and events.event_id = news.event_id
    inner join workspaces on events.workspace_id = workspaces.workspace_id
    where
        {{ is_new_batch('news.batch_id') }}
        or {{ is_newly_known(local_date('news.occurred_at', 'workspaces.timezone')) }}
    union
    select
        events.workspace_id,
        events.product_id,
        events.generation_type,
        events.locale
    from {{ ref('stg_generation_events') }} as events
    inner join moved_workspaces on events.workspace_id = moved_workspaces.workspace_id
    union
    select
        events.workspace_id,
        events.product_id,
        events.generation_type,
        events.locale
    from {{ ref('stg_generation_events') }} as events
    inner join recategorised_products
        on
            events.workspace_id = recategorised_products.workspace_id
            and events.product_id = recategorised_products.product_id
    where events.product_category is null
)

select *
from touched
where {{ in_increment() }}
