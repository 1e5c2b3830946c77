with events as (select * from {{ ref('stg_generation_events') }}),

workspaces as (select * from {{ ref('dim_workspaces') }}),

products as (select * from {{ ref('dim_products') }}),

retractions as (select * from {{ ref('stg_event_retractions') }}),

dated as (
    select
        events.*,
        workspaces.timezone,
        {{ local_date('events.occurred_at', 'workspaces.timezone') }} as usage_date
    from events
    inner join workspaces on events.workspace_id = workspaces.workspace_id
),

-- a retraction is known by the calendar of the workspace whose generation it removes
retracted as (
    select distinct
        dated.source,
        dated.event_id
    from dated
    inner join retractions
        on dated.source = retractions.source and dated.event_id = retractions.event_id
    where
        {{ local_date('retractions.occurred_at', 'dated.timezone') }} <= {{ as_of() }}
)

select
    dated.source,
    dated.event_id,
    dated.workspace_id,
    dated.member_id,
    dated.product_id,
    dated.generation_type,
    dated.locale,
    {{ stable_id([
        'dated.workspace_id', 'dated.product_id', 'dated.generation_type', 'dated.locale'
    ]) }} as unit_id,
    coalesce(
        dated.product_category, products.product_category, '(uncategorised)'
    ) as product_category,
    dated.status,
    dated.ruleset_id,
    dated.template_id,
    dated.model,
    dated.provider,
    dated.credits,
    dated.quality_score,
    dated.input_tokens,
    dated.output_tokens,
    dated.latency_ms,
    dated.occurred_at,
    dated.usage_date
from dated
left join products
    on
        dated.workspace_id = products.workspace_id
        and dated.product_id = products.product_id
left join retracted
    on dated.source = retracted.source and dated.event_id = retracted.event_id
where
    dated.usage_date <= {{ as_of() }}
    and retracted.event_id is null
