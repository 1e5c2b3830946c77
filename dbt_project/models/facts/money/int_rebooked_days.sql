{%- set causes = last_charge_causes() %}
{%- set journal = source('journal', 'chargeback') %}
{%- set cause = ['workspace_id', 'member_id', 'from_on', 'until_on', 'cause'] %}

-- dbt parses a full refresh: depends_on: {{ ref('dim_member_teams') }}
-- depends_on: {{ ref('int_usage_daily_base') }}
-- depends_on: {{ ref('stg_facts__lot_movements') }}
-- depends_on: {{ source('facts', 'fct_lot_draws_daily') }}
{%- if is_increment() %}
-- What the last complete run compared was booked by it, unless a later as_of had been.
-- A run that was not completed may have left its own causes.
with compared_from as (
    select
        case
            when
                max(causes.cause) = {{ charge_causes_of_run(
                    var('since_batch'), var('since_as_of')
                ) }}
                and coalesce(
                    (select max(as_of) from {{ journal }})
                    <= cast('{{ var("since_as_of") }}' as date),
                    true
                )
                then {{ rebooked_from() }}
            else cast('0001-01-01' as date)
        end as usage_date
    from {{ causes }} as causes
    where causes.workspace_id is null
),

changed_causes as (
    select
        workspace_id,
        member_id,
        from_on,
        until_on
    from (
        select
            {{ cause | join(',\n            ') }},
            1 as side
        from ({{ charge_causes() }}) as charged_now
        union all
        select
            {{ cause | join(',\n            ') }},
            -1 as side
        from {{ causes }}
    ) as both_sides
    where workspace_id is not null
    group by {{ cause | join(', ') }}
    having sum(side) <> 0
)

select
    usage.workspace_id,
    usage.usage_date
from {{ ref('int_usage_daily_base') }} as usage
inner join compared_from on usage.usage_date >= compared_from.usage_date
union
select
    booked.workspace_id,
    booked.usage_date
from {{ journal }} as booked
inner join compared_from on booked.usage_date >= compared_from.usage_date
where booked.workspace_id is not null
union
select
    workspace_id,
    usage_date
from {{ ref('int_changed_days') }}
union
select
    workspace_id,
    from_on as usage_date
from changed_causes
where member_id is null
union
select
    usage.workspace_id,
    usage.usage_date
from {{ ref('int_usage_daily_base') }} as usage
inner join changed_causes
    on
        usage.workspace_id = changed_causes.workspace_id
        and usage.member_id = changed_causes.member_id
        and usage.usage_date >= changed_causes.from_on
        and usage.usage_date < changed_causes.until_on
union
-- refunds, of now and booked ones, are few
select
    workspace_id,
    counted_on as usage_date
from {{ ref('stg_facts__lot_movements') }}
where is_cost_returned
union
select
    workspace_id,
    usage_date
from {{ journal }}
where refunded_credits <> 0
{%- else %}
-- all are compared
select
    cast(null as string) as workspace_id,
    cast(null as date) as usage_date
from {{ ref('int_changed_days') }}
where false
{%- endif %}
