{{ config(materialized='view') }}

select localized.*
from {{ ref('int_generations_localized') }} as localized
left join {{ ref('int_generations_excluded') }} as excluded
    on localized.row_id = excluded.row_id
where excluded.row_id is null
