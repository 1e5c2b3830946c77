{{ config(materialized='view') }}

{%- set key = charge_key() + ['booked_month', 'is_correction'] %}
{%- set sums = charge_sums() %}
{%- set columns = ['workspace_name', 'member_name'] + key + sums.keys() | list %}

with found as (select * from {{ ref('fct_chargeback') }}),

journal as (select * from {{ ref('stg_journal__chargeback') }}),

-- what this run books is in the journal once it is published
booked as (
    select {{ columns | join(', ') }}
    from journal
    union all
    select {{ columns | join(', ') }}
    from found
    where
        not is_booked
        or read_up_to is not distinct from (
            select max(journal.published_at) from journal
        )
),

closed as (
    select max(booked.usage_date) as newest_month
    from booked
    where booked.workspace_id is null
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
    {%- for name, type in sums.items() %}
    cast(sum(booked.{{ name }}) as {{ type }}) as {{ name }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from booked
cross join closed
where booked.workspace_id is not null
group by {{ prefixed('booked', key) }}, closed.newest_month
having
    {%- for name in sums %}
    {% if not loop.first %}or {% endif %}sum(booked.{{ name }}) <> 0
    {%- endfor %}
