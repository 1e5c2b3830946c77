{{ config(
    materialized='incremental',
    incremental_strategy='append',
    partition_by='usage_date',
    pre_hook="{{ remove_rows(is_on_touched_day()) }}"
) }}

select
    workspace_id,
    usage_date,
    cast(sum(credits) as decimal(38, 6)) as credits,
    cast(sum(generation_count) as bigint) as generation_count,
    cast(sum(outcome_count) as bigint) as outcome_count,
    cast(
        sum(
            failed_generation_credits
            + rejected_content_credits
            + excess_regeneration_credits
            + low_quality_draft_credits
        ) as decimal(38, 6)
    ) as settled_wasted_credits,
    cast(sum(open_credits) as decimal(38, 6)) as open_credits
from {{ ref('fct_usage_cells') }}
where {{ is_on_touched_day() }}
group by workspace_id, usage_date
