{{ config(materialized='view') }}

{%- set open_reasons = {9: 'unneeded_field', 10: 'unused_content'} %}
{%- set settled_reasons = [
    'failed_generation', 'rejected_content', 'excess_regeneration', 'low_quality_draft'
] %}

with decided as (
    select
        cells.*,
        {{ open_rule(
            'workspaces.is_outcome_tracked',
            'cells.usage_date',
            'unneeded_fields.workspace_id is not null'
        ) }} as open_rule
    from {{ ref('fct_usage_cells') }} as cells
    inner join {{ ref('fct_workspaces') }} as workspaces
        on cells.workspace_id = workspaces.workspace_id
    left join {{ ref('fct_unneeded_fields') }} as unneeded_fields
        on
            cells.workspace_id = unneeded_fields.workspace_id
            and cells.product_category = unneeded_fields.product_category
            and cells.generation_type = unneeded_fields.generation_type
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
    first_pass_quality_steps,
    used_credits,
    iterated_credits,
    cast(
        {%- for reason in settled_reasons %}
        {{ reason }}_credits +
        {%- endfor %}
        case
            when open_rule in ({{ open_reasons | join(', ') }}) then open_credits
            else 0
        end
        as decimal(38, 6)
    ) as wasted_credits,
    {%- for rule, name in {8: 'pending', 7: 'untracked'}.items() %}
    cast(
        case when open_rule = {{ rule }} then open_credits else 0 end as decimal(38, 6)
    ) as {{ name }}_credits,
    {%- endfor %}
    {%- for reason in settled_reasons %}
    {{ reason }}_credits,
    {{ reason }}_count,
    {%- endfor %}
    {%- for rule, reason in open_reasons.items() %}
    cast(
        case when open_rule = {{ rule }} then open_credits else 0 end
        as decimal(38, 6)
    ) as {{ reason }}_credits,
    case when open_rule = {{ rule }} then open_count else 0 end as {{ reason }}_count
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from decided
