select
    row_id,
    workspace_id,
    member_id,
    product_id,
    generation_type,
    product_category,
    ruleset_id,
    template_id,
    model,
    attempt_number,
    since_previous_us,
    cast(quality_score as double) as quality_score,
    cast(credits as double) as credits,
    made_us,
    settled_after_us,
    is_pending,
    is_wasted,
    settled_on,
    known_on,
    opposite_after_us,
    opposite_on,
    usage_date
from facts.ml_waste_cases
where {condition}
{order}
