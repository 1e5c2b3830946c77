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
from {{ source('forecast', 'models') }}
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
from {{ source('waste', 'models') }}
