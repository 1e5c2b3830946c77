select
    workspace_id,
    usage_date,
    as_of,
    cause,
    credits_before,
    credits_after,
    wasted_credits_before,
    wasted_credits_after,
    published_at
from {{ source('journal', 'restatements') }}
