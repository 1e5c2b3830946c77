{{ config(materialized='view') }}

with results as (select * from {{ ref('stg_journal__check_results') }})

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
