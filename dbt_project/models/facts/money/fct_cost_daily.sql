{{ config(materialized='view') }}
{%- set reasons = settled_waste_reasons() + open_waste_reasons() %}
{%- set cell = cell_columns() %}

with draws as (select * from {{ source('facts', 'fct_lot_draws_daily') }}),

usage as (select * from {{ ref('fct_usage_daily') }}),

-- of most days one draw paid for every cell; of those without a ledger none
drawn_whole as (
    select
        {{ prefixed('usage', cell) }},
        false as is_split,
        draws.unit_price,
        draws.currency,
        usage.credits as all_credits,
        usage.wasted_credits,
        {%- for reason in reasons %}
        usage.{{ reason }}_credits
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from usage
    left join draws
        on
            usage.workspace_id = draws.workspace_id
            and usage.usage_date = draws.usage_date
    where coalesce(draws.draw_count, 1) = 1 and usage.credits > 0
),

decided as (
    select
        parts.*,
        coalesce(
            parts.settled_rule,
            {{ pending_disposition_rule(
                'workspaces.is_outcome_tracked',
                'parts.usage_date',
                'unused_fields.workspace_id is not null and not parts.is_unitless'
            ) }}
        ) as rule_name
    from {{ ref('int_split_draws') }} as parts
    inner join {{ ref('dim_reporting_workspaces') }} as workspaces
        on parts.workspace_id = workspaces.workspace_id
    left join {{ ref('int_unused_fields') }} as unused_fields
        on
            parts.workspace_id = unused_fields.workspace_id
            and parts.product_category = unused_fields.product_category
            and parts.generation_type = unused_fields.generation_type
),

drawn_in_parts as (
    select
        {{ prefixed('decided', cell) }},
        true as is_split,
        draws.unit_price,
        draws.currency,
        decided.credits as all_credits,
        case
            when
                decided.rule_name in (
                    {%- for reason in reasons %}
                    '{{ reason }}'
                    {%- if not loop.last %},{% endif %}
                    {%- endfor %}
                )
                then decided.credits
            else 0
        end as wasted_credits,
        {%- for reason in reasons %}
        case when decided.rule_name = '{{ reason }}' then decided.credits else 0 end
            as {{ reason }}_credits
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from decided
    inner join draws
        on
            decided.workspace_id = draws.workspace_id
            and decided.usage_date = draws.usage_date
            and decided.draw_number = draws.draw_number
),

drawn as (
    select * from drawn_whole
    union all
    select * from drawn_in_parts
)

select
    {{ cell | join(',\n    ') }},
    is_split,
    currency,
    unit_price,
    unit_price is not null as is_priced,
    {%- for part in costed_parts() %}
    cast({{ part }}_credits as decimal(38, 6)) as {{ part }}_credits,
    {{ cost_of(part ~ '_credits', 'unit_price') }} as {{ part }}_cost
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from drawn
