{%- set events = ref('int_generations_affected') %}
{%- set unit = prefixed('events', classified_together()) %}

with workspaces as (select * from {{ ref('dim_workspaces') }}),

recategorized_products as (
    {{ changed_keys(
        source('raw', 'products'), ['workspace_id', 'product_id'], 'category'
    ) }}
),

changed_feeds as (
    {{ changed_references() }}
),

changed as (
    select {{ unit }}
    from {{ events }} as events
    where {{ is_new_batch('events.batch_id') }}
    union
    select {{ unit }}
    from {{ ref('int_generations_superseded') }} as events
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
