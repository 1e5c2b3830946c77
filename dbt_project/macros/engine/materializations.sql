{#-
How DuckDB keeps a model: replaced in place, in one transaction. dbt-duckdb's own way builds another one, renames both
and drops the old one, and compares the contract, and lists the columns for their comments, in every run.
-#}

{% materialization table, adapter='duckdb' %}
    {{ return({'relations': [replace_relation('table')]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {{ return({'relations': [replace_relation('view')]}) }}
{% endmaterialization %}

{#- Every incremental model appends; what it replaces is removed by its pre-hook. -#}
{% materialization incremental, adapter='duckdb' %}
    {%- if not is_incremental() -%}
        {{ return({'relations': [replace_relation('table')]}) }}
    {%- endif -%}
    {%- if config.get('incremental_strategy') != 'append' -%}
        {{ exceptions.raise_compiler_error('an incremental model appends; set incremental_strategy to append') }}
    {%- endif -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement('main') -%}
        insert into {{ this }} by name (
            {{ sql }}
        )
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{#- Replaces the table or view of the model, and returns it. -#}
{% macro replace_relation(kind) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type=kind) -%}
    {%- set is_contracted = config.get('contract').enforced -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none and existing.type != kind -%}
        {%- do adapter.drop_relation(existing) -%}
        {%- set existing = none -%}
    {%- endif -%}
    {#- the contract can change only with the definitions, after which everything is rebuilt -#}
    {%- if is_contracted and (existing is none or should_full_refresh()) -%}
        {%- do get_assert_columns_equivalent(sql) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {%- if kind == 'table' and is_contracted %}
        create or replace table {{ target }} {{ get_table_columns_and_constraints() }};
        insert into {{ target }} by name (
            {{ sql }}
        );
        {%- else %}
        create or replace {{ kind }} {{ target }} as (
            {{ sql }}
        );
        {%- endif %}
        {{ comments_on(target) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return(target) }}
{%- endmacro %}

{#- SQL: the descriptions of the model and of its columns, where dbt_project.yml asks for them. -#}
{% macro comments_on(relation) -%}
    {%- if config.persist_relation_docs() and model.description -%}
        comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
    {%- endif -%}
    {%- if config.persist_column_docs() -%}
        {%- for column in model.columns.values() if column.description %}
        comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#-
Of a table that only saves reading: kept up to date on DuckDB; on Spark, which rewrites a table without partitions
whole, a view.
-#}
{% macro kept_or_view() -%}
    {{ return('view' if target.type == 'spark' else 'incremental') }}
{%- endmacro %}

{#-
SQL, at the end of a query: writes a whole table in the order of its days, so that DuckDB reads a few days without the
others; Spark has a partition for each day.
-#}
{% macro in_order_of_days(day) -%}
    {{ '' if target.type == 'spark' or is_increment() else 'order by ' ~ day }}
{%- endmacro %}
