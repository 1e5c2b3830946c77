{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_batch_with_changes(ref('stg_repeated_deliveries'))) }}"
) }}

select
    batch_id,
    workspace_id,
    generation_type,
    count(*) as generation_count,
    cast(sum(credits) as decimal(38, 6)) as credits
from {{ ref('stg_generation_events') }}
where {{ is_batch_with_changes(ref('stg_repeated_deliveries')) }}
group by batch_id, workspace_id, generation_type
