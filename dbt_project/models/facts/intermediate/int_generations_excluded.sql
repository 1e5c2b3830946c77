{{ config(
    materialized='incremental',
    incremental_strategy='append',
    partition_by='usage_date',
    pre_hook="{{ remove_rows(is_reclassified(ref('int_changed_generations'))) }}"
) }}

-- the pre-hook reads it: depends_on: {{ ref('int_changed_generations') }}
select
    generations.row_id,
    generations.batch_id,
    generations.workspace_id,
    generations.product_id,
    generations.generation_type,
    generations.locale,
    generations.unitless_row_id,
    generations.credits,
    generations.usage_date,
    case when retracted.row_id is not null then 'retracted' else 'later' end
        as exclusion_reason,
    retracted.retracted_in_batch,
    retracted.retracted_on
from {{ ref('int_generations_localized') }} as generations
left join {{ ref('int_generations_retracted') }} as retracted
    on generations.row_id = retracted.row_id
where retracted.row_id is not null or generations.usage_date > {{ as_of() }}
