with used as (
    select
        workspace_id,
        member_id,
        product_category,
        generation_type,
        product_id,
        locale,
        max(usage_date) as used_on,
        max(case when is_first_variant then usage_date end) as attempted_on,
        max(case when is_first_variant and attempt_number >= 2 then usage_date end)
            as regenerated_on
    from {{ ref('int_generations_classified') }}
    where usage_date > {{ as_of(period_days() | max) }}
    group by
        workspace_id,
        member_id,
        product_category,
        generation_type,
        product_id,
        locale
)

select
    workspace_id,
    member_id,
    product_category,
    generation_type,
    -- what has no id is none of them
    case
        when product_id is not null
            then {{ unit_key(['workspace_id', 'product_id']) }}
    end as product_key,
    case
        when product_id is not null then {{ unit_key(unit_columns()) }}
    end as unit_key,
    used_on,
    attempted_on,
    regenerated_on
from used
