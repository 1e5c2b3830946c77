{#-
The grain holds: no two rows share these columns, and none of them is null. `rows` narrows an increment to what
this run has made (see made_now), or with `everywhere` to keys it has made, wherever they are. Only rows whose
hash is not alone are compared.
-#}
{% test unique_key(model, columns, rows='all', everywhere=false) %}
{%- set key = columns | join(', ') %}

with made as (
    select {{ key }}
    from {{ model }}
    where {{ made_now(rows) }}
),

keyed as (
    {%- if everywhere and is_increment() %}
    select {{ key }}
    from {{ model }}
    where ({{ key }}) in (select {{ key }} from made)
    {%- else %}
    select {{ key }}
    from made
    {%- endif %}
),

shared_hashes as (
    select {{ hash_of(columns) }} as key_hash
    from keyed
    group by {{ hash_of(columns) }}
    having count(*) > 1
)

select
    {{ key }},
    count(*) as row_count
from keyed
where
    {{ hash_of(columns) }} in (select key_hash from shared_hashes)
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
group by {{ key }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
