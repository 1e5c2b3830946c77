{{ config(materialized='view') }}

{%- set open_reasons = ['unneeded_field', 'unused_content'] %}
{%- set settled_reasons = [
    'failed_generation', 'rejected_content', 'excess_regeneration', 'low_quality_draft'
] %}

with decided as (
    select
        cells.*,
        case
            when not workspaces.is_outcome_tracked then 'untracked'
            when cells.usage_date > {{ as_of(var('maturity_days')) }} then 'pending'
            when unneeded_fields.workspace_id is not null then 'unneeded_field'
            else 'unused_content'
        end as open_is
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
            when open_is in ('pending', 'untracked') then 0
            else open_credits
        end
        as decimal(38, 6)
    ) as wasted_credits,
    {%- for name in ('pending', 'untracked') %}
    cast(
        case when open_is = '{{ name }}' then open_credits else 0 end as decimal(38, 6)
    ) as {{ name }}_credits,
    {%- endfor %}
    {%- for reason in settled_reasons %}
    {{ reason }}_credits,
    {{ reason }}_count,
    {%- endfor %}
    {%- for reason in open_reasons %}
    cast(
        case when open_is = '{{ reason }}' then open_credits else 0 end
        as decimal(38, 6)
    ) as {{ reason }}_credits,
    case when open_is = '{{ reason }}' then open_count else 0 end as {{ reason }}_count
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from decided
