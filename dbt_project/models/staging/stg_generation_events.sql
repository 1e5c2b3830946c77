with delivered as (
    {{ first_deliveries(
        source('raw', 'generation_events'), ref('stg_repeated_deliveries')
    ) }}
)

select
    row_id,
    source,
    event_id,
    workspace_id,
    member_id,
    product_id,
    generation_type,
    locale,
    product_category,
    status,
    ruleset_id,
    template_id,
    model,
    provider,
    credits,
    quality_score,
    input_tokens,
    output_tokens,
    latency_ms,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    batch_id
from delivered
