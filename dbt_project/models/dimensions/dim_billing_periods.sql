{%- set days = {'day': 1, 'week': 7} %}
{%- set months = {'month': 1, 'year': 12} %}

with plans as (
    select
        *,
        least(coalesce(ends_on, {{ as_of() }}), {{ as_of() }}) as last_day
    from {{ ref('dim_credit_plans') }}
),

-- whole intervals up to the last day; of months it may be one too many
numbered as (
    select
        *,
        case renewal_interval
            {%- for interval, length in days.items() %}
            when '{{ interval }}'
                then floor({{ days_between('starts_on', 'last_day') }} / {{ length }}.0)
            {%- endfor %}
            {%- for interval, length in months.items() %}
            when '{{ interval }}'
                then floor(
                    (
                        (year(last_day) - year(starts_on)) * 12
                        + month(last_day) - month(starts_on)
                    ) / {{ length }}.0
                )
            {%- endfor %}
        end as interval_number
    from plans
    where starts_on <= last_day
),

renewed as (
    {%- for before in (0, 1) %}
    select
        workspace_id,
        last_day,
        {%- for column, later in {
            'previous_on': -1, 'renewed_on': 0, 'renews_on': 1
        }.items() %}
        case renewal_interval
            {%- for interval, length in days.items() %}
            when '{{ interval }}'
                then {{ days_later(
                    'starts_on', '(interval_number + ' ~ (later - before) ~ ') * ' ~ length
                ) }}
            {%- endfor %}
            {%- for interval, length in months.items() %}
            when '{{ interval }}'
                then {{ months_later(
                    'starts_on', '(interval_number + ' ~ (later - before) ~ ') * ' ~ length
                ) }}
            {%- endfor %}
        end as {{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from numbered
    where interval_number >= {{ before }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by workspace_id
            order by renewed_on desc, previous_on desc
        ) as renewal_rank
    from renewed
    where renewed_on <= last_day and renews_on > {{ as_of() }}
)

select
    workspace_id,
    renewed_on as starts_on,
    previous_on as previous_starts_on
from ranked
where renewal_rank = 1
