select
    source,
    workspace_id,
    model,
    unit,
    currency,
    first_day as day,
    last_day,
    timezone,
    theirs,
    ours,
    difference,
    share,
    explained,
    generation_count,
    is_complete
from {{ ref('fct_reconciliation') }}
