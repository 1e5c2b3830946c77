{{ config(
    materialized='incremental',
    incremental_strategy='append',
    partition_by='usage_date',
    pre_hook="{{ remove_rows(is_on_touched_day()) }}"
) }}

{%- set settled = {
    1: 'failed_generation',
    2: 'rejected_content',
    3: 'used',
    4: 'excess_regeneration',
    5: 'low_quality_draft',
    6: 'iterated',
} %}

select
    workspace_id,
    usage_date,
    member_id,
    product_category,
    generation_type,
    cast(sum(credits) as decimal(38, 6)) as credits,
    cast(count(*) as bigint) as generation_count,
    cast(count(attempt_number) as bigint) as attempt_count,
    cast(sum(case when attempt_number >= 2 then 1 else 0 end) as bigint)
        as regeneration_count,
    cast(sum(case when attempt_number = 1 then 1 else 0 end) as bigint)
        as first_pass_count,
    cast(count(case when attempt_number = 1 then quality_score end) as bigint)
        as first_pass_scored_count,
    cast(
        sum(case when attempt_number = 1 then {{ score_steps('quality_score') }} end)
        as decimal(38, 0)
    ) as first_pass_quality_steps,
    cast(sum(case when has_outcome then 1 else 0 end) as bigint) as outcome_count,
    {%- for rule, name in settled.items() %}
    cast(
        sum(case when settled_rule = {{ rule }} then credits else 0 end)
        as decimal(38, 6)
    ) as {{ name }}_credits,
    cast(sum(case when settled_rule = {{ rule }} then 1 else 0 end) as bigint)
        as {{ name }}_count,
    {%- endfor %}
    cast(
        sum(case when settled_rule is null then credits else 0 end) as decimal(38, 6)
    ) as open_credits,
    cast(sum(case when settled_rule is null then 1 else 0 end) as bigint) as open_count
from {{ ref('fct_judged_generations') }}
where {{ is_on_touched_day() }}
group by workspace_id, usage_date, member_id, product_category, generation_type
