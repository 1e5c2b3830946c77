select
    workspace_id,
    forecast_date,
    balance_p10,
    balance_p25,
    balance_p50,
    balance_p75,
    balance_p90
from {{ ref('stg_forecast__depletion_paths') }}
