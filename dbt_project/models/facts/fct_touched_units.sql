{%- set events = ref('stg_generation_events') %}
{%- set unit = prefixed('events', unit_columns()) %}

with workspaces as (select * from {{ ref('dim_workspaces') }}),

recategorised_products as (
    {{ changed_keys('products', ['workspace_id', 'product_id'], 'category') }}
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
    select {{ unit }}
    from {{ events }} as events
    where {{ is_new_batch('events.batch_id') }}
    union
    select {{ unit }}
    from {{ events }} as events
    inner join workspaces on events.workspace_id = workspaces.workspace_id
    where
        {{ is_newly_known('cast(events.occurred_at as date)', margin=1) }}
        and {{ is_newly_known(
            local_date('events.occurred_at', 'workspaces.timezone')
        ) }}
    union
    select {{ unit }}
    from {{ events }} as events
    inner join news on events.source = news.source and events.event_id = news.event_id
    inner join workspaces on events.workspace_id = workspaces.workspace_id
    where
        {{ is_new_batch('news.batch_id') }}
        or {{ is_newly_known(local_date('news.occurred_at', 'workspaces.timezone')) }}
    union
    select {{ unit }}
    from {{ events }} as events
    inner join {{ ref('fct_moved_workspaces') }} as moved
        on events.workspace_id = moved.workspace_id
    union
    select {{ unit }}
    from {{ events }} as events
    inner join recategorised_products as products
        on
            events.workspace_id = products.workspace_id
            and events.product_id = products.product_id
    where events.product_category is null
)

select *
from touched
where {{ in_increment() }}
