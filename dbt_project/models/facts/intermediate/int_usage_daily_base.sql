{{ config(
    materialized='incremental',
    incremental_strategy='append',
    partition_by='usage_date',
    pre_hook="{{ remove_rows(is_on_changed_day(ref('int_changed_days'))) }}"
) }}

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
    {%- for rule in settled_rules() %}
    cast(
        sum(case when settled_rule = '{{ rule }}' then credits else 0 end)
        as decimal(38, 6)
    ) as {{ rule }}_credits,
    cast(sum(case when settled_rule = '{{ rule }}' then 1 else 0 end) as bigint)
        as {{ rule }}_count,
    {%- endfor %}
    cast(
        sum(case when settled_rule is null then credits else 0 end) as decimal(38, 6)
    ) as open_credits,
    cast(sum(case when settled_rule is null then 1 else 0 end) as bigint) as open_count
from {{ ref('int_generations_classified') }}
where {{ is_on_changed_day(ref('int_changed_days')) }}
group by workspace_id, usage_date, member_id, product_category, generation_type
