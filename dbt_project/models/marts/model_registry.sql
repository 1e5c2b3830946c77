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
