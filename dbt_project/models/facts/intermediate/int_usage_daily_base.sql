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
    cast(
        sum(case when product_id is not null then credits else 0 end) as decimal(38, 6)
    ) as product_credits,
    cast(sum(partly_refunded_credits) as decimal(38, 6)) as partly_refunded_credits,
    cast(count(*) as bigint) as generation_count,
    cast(count(case when credits > 0 then 1 end) as bigint) as charged_count,
    cast(count(case when is_first_variant then 1 end) as bigint) as attempt_count,
    cast(count(case when is_first_variant and attempt_number >= 2 then 1 end) as bigint)
        as regeneration_count,
    cast(count(case when is_first_variant and attempt_number = 1 then 1 end) as bigint)
        as first_pass_count,
    cast(count(case when attempt_number = 1 then attempt_quality_parts end) as bigint)
        as first_pass_scored_count,
    cast(
        sum(case when attempt_number = 1 then attempt_quality_parts end)
        as decimal(38, 0)
    ) as first_pass_quality_parts,
    cast(sum(case when has_outcome then 1 else 0 end) as bigint) as outcome_count,
    {%- for rule in settled_rules() + ['untracked'] %}
    cast(
        sum(case when settled_rule = '{{ rule }}' then credits else 0 end)
        as decimal(38, 6)
    ) as {{ rule }}_credits,
    {%- endfor %}
    {%- for rule in ['used'] + settled_waste_reasons() %}
    cast(sum(case when settled_rule = '{{ rule }}' then 1 else 0 end) as bigint)
        as {{ rule }}_count,
    {%- endfor %}
    {%- for part, is_of in {
        'open': 'product_id is not null', 'open_unitless': 'product_id is null'
    }.items() %}
    cast(
        sum(case when settled_rule is null and {{ is_of }} then credits else 0 end)
        as decimal(38, 6)
    ) as {{ part }}_credits,
    cast(
        count(case when settled_rule is null and {{ is_of }} then 1 end) as bigint
    ) as {{ part }}_count
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ ref('int_generations_classified') }}
where {{ is_on_changed_day(ref('int_changed_days')) }}
group by workspace_id, usage_date, member_id, product_category, generation_type
{{ in_order_of_days('usage_date') }}
