select
    model,
    version,
    trained_to,
    label,
    features,
    scores,
    hash,
    promoted,
    content
from {{ ref('stg_forecast__models') }}
union all
select
    model,
    version,
    trained_to,
    label,
    features,
    scores,
    hash,
    promoted,
    content
from {{ ref('stg_waste__models') }}
