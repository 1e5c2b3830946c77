{#-
The attempts of every episode, each by its first variant, are numbered 1, 2, 3 ... up to attempt_count, each once. `rows` narrows an
increment to the rows that this run rebuilt, see rows_rebuilt_by_this_run. Only episodes whose hash fails the
cheap conditions are examined in full.
-#}
{% test attempts_numbered_without_gaps(model, rows='all') %}
{%- set episode = unit_columns() + ['episode_number'] %}
{%- set is_broken %}
    count(*) <> max(attempt_count)
    or count(*) <> min(attempt_count)
    or count(*) <> max(attempt_number)
    or sum(attempt_number) * 2 <> count(*) * (count(*) + 1)
{%- endset %}

with rebuilt as (
    select
        {{ episode | join(', ') }},
        attempt_number,
        attempt_count,
        {{ hash_of(episode) }} as episode_hash
    from {{ model }}
    where is_first_variant and {{ rows_rebuilt_by_this_run(rows) }}
),

suspicious as (
    select episode_hash
    from rebuilt
    group by episode_hash
    having {{ is_broken }}
)

select
    {{ episode | join(', ') }},
    count(*) as row_count,
    max(attempt_count) as attempt_count
from rebuilt
where episode_hash in (select episode_hash from suspicious)
group by {{ episode | join(', ') }}
having
    {{ is_broken }}
    or count(distinct attempt_number) <> count(*)

{% endtest %}
