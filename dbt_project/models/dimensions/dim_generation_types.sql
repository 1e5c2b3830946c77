with used as (
    select distinct generation_type from {{ ref('stg_usage_by_batch') }}
)

select
    generation_type,
    case generation_type
        when 'description' then 'Descriptions'
        when 'meta' then 'Meta tags'
        when 'bullets' then 'Bullet points'
        when 'keywords' then 'Keywords'
        else generation_type
    end as generation_type_name
from used
