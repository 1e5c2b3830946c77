{{ config(
    materialized='incremental',
    incremental_strategy='append',
    partition_by='usage_date',
    pre_hook="{{ remove_rows(is_reclassified(ref('int_changed_generations'))) }}"
) }}

-- the pre-hook reads it: depends_on: {{ ref('int_changed_generations') }}
{%- set tag_keys = var('tag_keys') %}

with generations as (select * from {{ ref('int_generations_reported') }}),

delivered as (select * from {{ source('raw', 'generation_events') }}),

tagged as (
    {%- for key in tag_keys or ['none'] %}
    select
        generations.row_id,
        generations.workspace_id,
        generations.usage_date,
        '{{ key }}' as tag_key,
        coalesce({{ tag_value('delivered.attributes', key) }}, '(none)') as tag_value
    from generations
    inner join delivered on generations.row_id = delivered.row_id
    where {{ 'true' if tag_keys else 'false' }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    row_id,
    workspace_id,
    tag_key,
    tag_value,
    usage_date
from tagged
