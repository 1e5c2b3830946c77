{#-
The key is unique and complete: no two rows share these columns, and none of them is null. `rows` narrows an
increment to the rows that this run rebuilt (see rows_rebuilt_by_this_run), or with `everywhere` to their keys in
the whole table. Only rows that share a hash are compared.
-#}
{% test unique_key(model, columns, rows='all', everywhere=false) %}
{%- set key = columns | join(', ') %}

with rebuilt as (
    select {{ key }}
    from {{ model }}
    where {{ rows_rebuilt_by_this_run(rows) }}
),

keyed as (
    {%- if everywhere and is_increment() %}
    select {{ key }}
    from {{ model }}
    where ({{ key }}) in (select {{ key }} from rebuilt)
    {%- else %}
    select {{ key }}
    from rebuilt
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
