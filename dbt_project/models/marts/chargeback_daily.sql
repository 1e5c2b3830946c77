{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ remove_rows(is_rebooked()) }}"
) }}

{%- set key = [
    'workspace_id', 'usage_date', 'booked_month', 'is_correction', 'lot_id', 'team',
    'member_id', 'product_category', 'generation_type', 'currency',
] %}
{%- set columns = key + charge_counts().keys() | list + [
    'workspace_name', 'member_name', 'unit_price',
] %}

-- what this run books is in the journal once it is published
with found as (
    select * from {{ ref('fct_chargeback') }}
    where
        not is_booked
        or read_up_to is not distinct from (
            select max(journal.published_at) as newest
            from {{ source('journal', 'chargeback') }} as journal
        )
),

booked as (
    {%- for relation in (ref('stg_journal__chargeback'), 'found') %}
    select {{ columns | join(', ') }}
    from {{ relation }}
    where workspace_id is not null and {{ is_rebooked() }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

closed as (
    select max(usage_date) as newest_month
    from (
        {%- for relation in (source('journal', 'chargeback'), 'found') %}
        select usage_date from {{ relation }}
        where workspace_id is null
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as months
)

select
    booked.workspace_id,
    max(booked.workspace_name) as workspace_name,
    booked.usage_date,
    booked.booked_month,
    booked.is_correction,
    coalesce(booked.booked_month <= closed.newest_month, false) as is_closed,
    booked.lot_id,
    booked.team,
    booked.member_id,
    max(booked.member_name) as member_name,
    booked.product_category,
    booked.generation_type,
    coalesce(booked.currency, '(none)') as currency,
    case
        when
            min(booked.unit_price) = max(booked.unit_price)
            and count(booked.unit_price) = count(*)
            then min(booked.unit_price)
    end as unit_price,
    cast(sum(booked.generation_count) as bigint) as generation_count,
    cast(sum(booked.credits) as decimal(38, 6)) as credits,
    cast(
        sum(case when booked.unit_price is null then booked.credits else 0 end)
        as decimal(38, 6)
    ) as unpriced_credits,
    cast(
        coalesce(sum({{ cost_of('booked.credits', 'booked.unit_price') }}), 0)
        as decimal(38, 18)
    ) as cost,
    cast(sum(booked.refunded_credits) as decimal(38, 6)) as refunded_credits,
    cast(
        -coalesce(sum({{ cost_of('booked.refunded_credits', 'booked.unit_price') }}), 0)
        as decimal(38, 18)
    ) as refunded_cost
from booked
cross join closed
group by {{ prefixed('booked', key) }}, closed.newest_month
having
    sum(booked.generation_count) <> 0
    or sum(booked.credits) <> 0
    -- a price that is no longer known, of credits that were free
    or sum(case when booked.unit_price is null then booked.credits else 0 end) <> 0
    or sum(booked.refunded_credits) <> 0
    or coalesce(sum({{ cost_of('booked.credits', 'booked.unit_price') }}), 0) <> 0
    or coalesce(
        sum({{ cost_of('booked.refunded_credits', 'booked.unit_price') }}), 0
    ) <> 0
