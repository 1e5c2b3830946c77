{{ config(materialized='view') }}

with balances as (select * from {{ ref('stg_facts__credit_balance_daily') }})

select
    workspace_id,
    usage_date,
    opening,
    funded,
    consumed,
    expired,
    voided,
    overage,
    before_ledger,
    closing,
    residual,
    usage_residual
from balances
