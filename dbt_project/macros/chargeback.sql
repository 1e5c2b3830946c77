{#- The columns that distinguish the charges of a day; those of a closed month are corrected in each. -#}
{% macro charge_key() -%}
    {{ return([
        'workspace_id', 'usage_date', 'lot_id', 'team', 'member_id', 'product_category', 'generation_type', 'currency',
        'unit_price',
    ]) }}
{%- endmacro %}

{#- What is counted of charges, with its type: what they cost is credits x unit_price. -#}
{% macro charge_counts() -%}
    {{ return({
        'generation_count': 'bigint', 'credits': 'decimal(38, 6)', 'refunded_credits': 'decimal(38, 6)',
    }) }}
{%- endmacro %}

{#- SQL: the first day of a month that as_of does not close. A month is closed on a day of the next one. -#}
{% macro open_from() -%}
    {%- set this_month, last_month = month_starts()[:2] -%}
    {{ return(as_of(this_month if this_month + 1 >= var('month_closes_on') else last_month)) }}
{%- endmacro %}

{#- SQL: the first day of the month of a day. -#}
{% macro month_of(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{#- SQL: whether this run may change charges booked in the month; always in a full refresh. Months that were closed, and
were so when the last run compared them, keep what they have booked. -#}
{% macro is_rebooked(booked_month='booked_month') -%}
    {{ booked_month ~ ' >= ' ~ rebooked_from() if is_increment() else 'true' }}
{%- endmacro %}

{#- SQL: the first day of the months that were not closed when the last run compared them. -#}
{% macro rebooked_from() -%}
    (
        select
            least(
                coalesce(max({{ months_later('closed.usage_date', 1) }}), cast('0001-01-01' as date)),
                {{ months_later(
                    month_of("cast('" ~ var('known_from') ~ "' as date)"),
                    0 if (var('known_from') | string)[8:] | int >= var('month_closes_on') else -1
                ) }}
            ) as changed_from
        from {{ source('journal', 'chargeback') }} as closed
        where closed.workspace_id is null
    )
{%- endmacro %}

{#- SQL: what charges of days depend on, apart from usage: draws, and teams of members; and of which run it is. -#}
{% macro charge_causes() -%}
    select
        workspace_id,
        cast(null as string) as member_id,
        usage_date as from_on,
        {{ add_days('usage_date', 1) }} as until_on,
        concat(
            draw_number
            {%- for column in ['draw_count', 'draw_kind', 'lot_id', 'line_start', 'credits', 'unit_price', 'currency'] %},
            ';', coalesce(cast({{ column }} as string), '')
            {%- endfor %}
        ) as cause
    from {{ source('facts', 'fct_lot_draws_daily') }}
    union all
    select
        workspace_id,
        member_id,
        from_on,
        until_on,
        team as cause
    from {{ ref('dim_member_teams') }}
    union all
    select
        cast(null as string) as workspace_id,
        cast(null as string) as member_id,
        cast(null as date) as from_on,
        cast(null as date) as until_on,
        {{ charge_causes_of_run(var('newest_batch'), var('as_of')) }} as cause
{%- endmacro %}

{#- The table of the causes that the last run compared. -#}
{% macro last_charge_causes() -%}
    {{ return(ref('int_changed_days').incorporate(path={'identifier': 'int_charge_causes'})) }}
{%- endmacro %}

{#- SQL: the text that says of which run causes are. -#}
{% macro charge_causes_of_run(newest_batch, as_of) -%}
    '{{ newest_batch }};{{ as_of }}'
{%- endmacro %}

{#- SQL: the name of the lot that paid, or what stands for it. -#}
{% macro paid_by(draws) -%}
    case coalesce({{ draws }}.draw_kind, 'before_ledger')
        when 'lot' then {{ draws }}.lot_id
        when 'overage' then '(overage)'
        else '(before ledger)'
    end
{%- endmacro %}
