{%- set key = charge_key() %}
{%- set counts = charge_counts() %}

with draws as (select * from {{ source('facts', 'fct_lot_draws_daily') }}),

booked as (
    select * from {{ source('journal', 'chargeback') }}
    where
        workspace_id is not null
        and {{ is_on_changed_day(ref('int_rebooked_days')) }}
),

-- a month is closed once for all workspaces, by a row without one; only a run that
-- reports at least as far as those before it closes and corrects
closed as (
    select
        {{ months_later(
            'max(case when workspace_id is null then usage_date end)', 1
        ) }} as open_from,
        coalesce(max(as_of) <= {{ as_of() }}, true) as is_newest_as_of,
        max(published_at) as read_up_to
    from {{ source('journal', 'chargeback') }}
),

-- of most days one draw paid for every cell; of those without a ledger none
paid as (
    select
        {{ prefixed('usage', cell_columns()) }},
        {{ paid_by('draws') }} as lot_id,
        draws.currency,
        draws.unit_price,
        usage.charged_count as generation_count,
        usage.credits,
        cast(0 as decimal(38, 6)) as refunded_credits
    from {{ ref('int_usage_daily_base') }} as usage
    left join draws
        on
            usage.workspace_id = draws.workspace_id
            and usage.usage_date = draws.usage_date
    where
        coalesce(draws.draw_count, 1) = 1
        and usage.credits > 0
        and {{ is_on_changed_day(ref('int_rebooked_days'), 'usage') }}
    union all
    select
        {{ prefixed('parts', cell_columns()) }},
        {{ paid_by('draws') }} as lot_id,
        draws.currency,
        draws.unit_price,
        case when parts.is_first_part then 1 else 0 end as generation_count,
        parts.credits,
        cast(0 as decimal(38, 6)) as refunded_credits
    from {{ ref('int_split_draws') }} as parts
    inner join draws
        on
            parts.workspace_id = draws.workspace_id
            and parts.usage_date = draws.usage_date
            and parts.draw_number = draws.draw_number
    where {{ is_on_changed_day(ref('int_rebooked_days'), 'parts') }}
    union all
    -- a refund of a generation gives its cost back on the day it counts
    select
        movements.workspace_id,
        movements.counted_on as usage_date,
        generations.member_id,
        generations.product_category,
        generations.generation_type,
        movements.lot_id,
        movements.currency,
        movements.unit_price,
        0 as generation_count,
        cast(0 as decimal(38, 6)) as credits,
        movements.funded as refunded_credits
    from {{ ref('stg_facts__lot_movements') }} as movements
    inner join {{ ref('fct_credit_entries') }} as entries
        on
            movements.workspace_id = entries.workspace_id
            and movements.entry_id = entries.entry_id
    inner join {{ ref('int_generations_classified') }} as generations
        on
            entries.workspace_id = generations.workspace_id
            and coalesce(entries.related_source, 'native') = generations.source
            and entries.related_event_id = generations.event_id
    where movements.is_cost_returned and movements.counted_on <= {{ as_of() }}
),

charges as (
    select
        paid.*,
        coalesce(teams.team, {{ no_team() }}) as team
    from paid
    {{ joined_teams('paid') }}
),

-- as they are now, less what is booked
compared as (
    select
        {{ key | join(',\n        ') }},
        {%- for name, type in counts.items() %}
        cast(sum({{ name }}) as {{ type }}) as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from (
        {%- for relation, sign in {'charges': '', 'booked': '-'}.items() %}
        select
            {{ key | join(',\n            ') }},
            {%- for name in counts %}
            {{ sign }}{{ name }} as {{ name }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from {{ relation }}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as both_sides
    group by {{ key | join(', ') }}
    having
        {%- for name in counts %}
        {% if not loop.first %}or {% endif %}sum({{ name }}) <> 0
        {%- endfor %}
)

select
    compared.workspace_id,
    workspaces.workspace_name,
    compared.usage_date,
    case
        when compared.usage_date < closed.open_from then {{ month_of(as_of()) }}
        else {{ month_of('compared.usage_date') }}
    end as booked_month,
    coalesce(compared.usage_date < closed.open_from, false) as is_correction,
    closed.is_newest_as_of
    and (
        compared.usage_date < {{ open_from() }}
        or coalesce(compared.usage_date < closed.open_from, false)
    ) as is_booked,
    compared.lot_id,
    compared.team,
    compared.member_id,
    coalesce(members.member_name, compared.member_id) as member_name,
    compared.product_category,
    compared.generation_type,
    compared.currency,
    compared.unit_price,
    {{ prefixed('compared', counts) }},
    {{ as_of() }} as as_of,
    closed.read_up_to
from compared
cross join closed
inner join {{ ref('dim_workspaces') }} as workspaces
    on compared.workspace_id = workspaces.workspace_id
left join {{ ref('dim_members') }} as members
    on
        compared.workspace_id = members.workspace_id
        and compared.member_id = members.member_id
where
    closed.is_newest_as_of
    or coalesce(compared.usage_date >= closed.open_from, true)
union all
select
    cast(null as string) as workspace_id,
    cast(null as string) as workspace_name,
    {{ months_later(open_from(), -1) }} as usage_date,
    {{ months_later(open_from(), -1) }} as booked_month,
    false as is_correction,
    true as is_booked,
    {%- for name in [
        'lot_id', 'team', 'member_id', 'member_name', 'product_category', 'generation_type', 'currency',
    ] %}
    cast(null as string) as {{ name }},
    {%- endfor %}
    cast(null as decimal(24, 12)) as unit_price,
    {%- for name, type in counts.items() %}
    cast(0 as {{ type }}) as {{ name }},
    {%- endfor %}
    {{ as_of() }} as as_of,
    closed.read_up_to
from closed
where
    closed.is_newest_as_of
    and coalesce(closed.open_from < {{ open_from() }}, true)
