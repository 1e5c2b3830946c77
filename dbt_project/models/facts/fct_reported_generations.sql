{{ config(materialized='view') }}

select dated.*
from {{ ref('fct_dated_generations') }} as dated
left join {{ ref('fct_withheld_generations') }} as withheld
    on dated.row_id = withheld.row_id
where withheld.row_id is null
