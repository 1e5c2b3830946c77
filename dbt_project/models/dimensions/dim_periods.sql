{%- for days in period_days() %}
select
    '{{ days }}d' as period,
    cast({{ days }} as bigint) as window_days,
    {{ as_of(days - 1) }} as window_start_date,
    {{ as_of() }} as window_end_date
{% if not loop.last %}union all{% endif %}
{%- endfor %}
