{{ config(materialized='view') }}

with decided as (
    select
        base.*,
        {{ pending_disposition_rule(
            'workspaces.is_outcome_tracked',
            'base.usage_date',
            'unused_fields.workspace_id is not null'
        ) }} as open_rule,
        {{ pending_disposition_rule(
            'workspaces.is_outcome_tracked', 'base.usage_date', 'false'
        ) }} as open_unitless_rule
    from {{ ref('int_usage_daily_base') }} as base
    inner join {{ ref('dim_reporting_workspaces') }} as workspaces
        on base.workspace_id = workspaces.workspace_id
    left join {{ ref('int_unused_fields') }} as unused_fields
        on
            base.workspace_id = unused_fields.workspace_id
            and base.product_category = unused_fields.product_category
            and base.generation_type = unused_fields.generation_type
)

select
    workspace_id,
    usage_date,
    member_id,
    product_category,
    generation_type,
    credits,
    generation_count,
    attempt_count,
    regeneration_count,
    first_pass_count,
    first_pass_scored_count,
    first_pass_quality_parts,
    used_credits,
    used_count,
    cast(iterated_credits + unused_variant_credits as decimal(38, 6))
        as iterated_credits,
    cast(
        {%- for reason in settled_waste_reasons() %}
        {{ reason }}_credits +
        {%- endfor %}
        {%- for reason in open_waste_reasons() %}
        {{ open_measure(reason, 'credits') }}
        {%- if not loop.last %} +{% endif %}
        {%- endfor %}
        as decimal(38, 6)
    ) as wasted_credits,
    cast({{ open_measure('pending', 'credits') }} as decimal(38, 6)) as pending_credits,
    cast(case when open_rule = 'pending' then open_credits else 0 end as decimal(38, 6))
        as pending_product_credits,
    cast(
        untracked_credits + {{ open_measure('untracked', 'credits') }} as decimal(38, 6)
    ) as untracked_credits,
    refunded_credits,
    partly_refunded_credits,
    product_credits,
    {%- for reason in settled_waste_reasons() %}
    {{ reason }}_credits,
    {{ reason }}_count,
    {%- endfor %}
    {%- for reason in open_waste_reasons() %}
    cast({{ open_measure(reason, 'credits') }} as decimal(38, 6))
        as {{ reason }}_credits,
    {{ open_measure(reason, 'count') }} as {{ reason }}_count
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from decided
