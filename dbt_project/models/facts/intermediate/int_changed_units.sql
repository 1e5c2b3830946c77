{%- set events = ref('stg_generation_events') %}
{%- set unit = prefixed('events', unit_columns()) %}

with workspaces as (select * from {{ ref('dim_workspaces') }}),

recategorized_products as (
    {{ changed_keys(
        source('raw', 'products'), ['workspace_id', 'product_id'], 'category'
    ) }}
),

-- outcomes and retractions that are new, or that a later or earlier as_of makes known
changed_feeds as (
    {%- for feed in (ref('stg_content_outcomes'), ref('stg_event_retractions')) %}
    select
        source,
        event_id,
        occurred_at,
        batch_id
    from {{ feed }}
    where
        {{ is_new_batch() }}
        or {{ is_newly_known('cast(occurred_at as date)', margin=1) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

changed as (
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
    inner join changed_feeds
        on
            events.source = changed_feeds.source
            and events.event_id = changed_feeds.event_id
    inner join workspaces on events.workspace_id = workspaces.workspace_id
    where
        {{ is_new_batch('changed_feeds.batch_id') }}
        or {{ is_newly_known(
            local_date('changed_feeds.occurred_at', 'workspaces.timezone')
        ) }}
    union
    select {{ unit }}
    from {{ events }} as events
    inner join {{ ref('int_workspaces_with_changed_timezone') }} as rezoned
        on events.workspace_id = rezoned.workspace_id
    union
    select {{ unit }}
    from {{ events }} as events
    inner join recategorized_products as products
        on
            events.workspace_id = products.workspace_id
            and events.product_id = products.product_id
    where events.product_category is null
)

select *
from changed
where {{ in_increment() }}
