{{ config(materialized='view') }}

with lots as (select * from {{ ref('stg_facts__credit_lots') }})

select
    workspace_id,
    lot_id,
    lot_status,
    priority,
    funded,
    consumed,
    expired,
    voided,
    remaining,
    residual,
    effective_at,
    expires_at,
    effective_on,
    expires_on
from lots
