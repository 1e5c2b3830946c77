select
    workspace_id,
    cast(budget_id as varchar) as budget_id,
    cast(as_of as date) as as_of,
    kind,
    horizon_bucket,
    judged_after_days,
    cast(amount_days as bigint) as amount_days,
    cast(true_days as bigint) as true_days,
    cast(p50_days as bigint) as p50_days,
    cast(pace_days as bigint) as pace_days,
    is_covered_80,
    is_covered_95,
    cast(error_days as bigint) as error_days,
    cast(pace_error_days as bigint) as pace_error_days
from frame
