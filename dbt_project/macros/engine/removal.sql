{#- What differs between engines about removing rows of a table. -#}

{#- Removes the rows of a table for which the condition is true; nothing else may write it meanwhile. -#}
{% macro delete_rows(relation, condition) -%}
    {{ adapter.dispatch('delete_rows', 'credits')(relation, condition) }}
{%- endmacro %}
{% macro default__delete_rows(relation, condition) -%}
    delete from {{ relation }} where {{ condition }}
{%- endmacro %}

{#-
Parquet has no delete: partitions with such rows are rewritten without them, and a partition without any other row
is dropped, since an overwrite changes only partitions that it has rows for. A table without partitions is small
and rewritten as a whole. The next run detects an interrupted rewrite and rebuilds.
-#}
{% macro spark__delete_rows(relation, condition) -%}
    {%- set day = config.get('partition_by') -%}
    {%- set is_kept = 'not coalesce(' ~ condition ~ ', false)' -%}
    {%- if not execute -%}
    {%- elif not day -%}
        {%- set kept = relation.incorporate(path={'identifier': relation.identifier ~ '__kept'}) -%}
        {%- do run_query('drop table if exists ' ~ kept) -%}
        {%- do run_query(
            'create table ' ~ kept ~ ' using parquet as select * from ' ~ relation ~ ' where ' ~ is_kept
        ) -%}
        {%- do run_query('insert overwrite table ' ~ relation ~ ' select * from ' ~ kept) -%}
        drop table {{ kept }}
    {%- else -%}
        {%- set found = run_query('select distinct ' ~ day ~ ' from ' ~ relation ~ ' where ' ~ condition) -%}
        {%- if found.rows -%}
            {%- set days = [] -%}
            {%- for row in found.rows -%}
                {%- do days.append("date '" ~ row[0] ~ "'") -%}
            {%- endfor -%}
            {%- set rest = relation ~ ' where ' ~ day ~ ' in (' ~ days | join(', ') ~ ') and ' ~ is_kept -%}
            {%- set left = run_query('select distinct ' ~ day ~ ' from ' ~ rest) -%}
            {%- set kept = [] -%}
            {%- for row in left.rows -%}
                {%- do kept.append("date '" ~ row[0] ~ "'") -%}
            {%- endfor -%}
            {%- if kept -%}
                {%- do run_query(
                    'insert overwrite table ' ~ relation ~ ' partition (' ~ day ~ ') '
                    ~ 'select /*+ REBALANCE(' ~ day ~ ') */ * from ' ~ rest
                ) -%}
            {%- endif -%}
            {%- set emptied = [] -%}
            {%- for day_literal in days if day_literal not in kept -%}
                {%- do emptied.append('partition (' ~ day ~ ' = ' ~ day_literal ~ ')') -%}
            {%- endfor -%}
            {%- if emptied -%}
                alter table {{ relation }} drop if exists {{ emptied | join(', ') }}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
