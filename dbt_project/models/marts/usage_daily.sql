{{ config(materialized='view') }}

with usage as (select * from {{ ref('fct_usage_daily') }})

select
    workspace_id,
    usage_date,
    member_id,
    product_category,
    generation_type,
    credits,
    generation_count,
    attempt_count,
    regeneration_count,
    used_credits,
    iterated_credits,
    wasted_credits,
    pending_credits,
    untracked_credits,
    refunded_credits,
    partly_refunded_credits
from usage
