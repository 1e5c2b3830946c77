{{ config(materialized='view') }}

with results as (select * from {{ source('journal', 'check_results') }})

select
    run_id,
    layer,
    asset,
    check_name,
    severity,
    passed,
    observed,
    expected,
    message,
    checked_at
from results
