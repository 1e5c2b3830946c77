{#-
What a night reads and rewrites. Every run is told where the last complete one stood: `since_batch`, the
newest batch it had, and `known_from` and `known_to`, the as_of of then and of now, the earlier one first.
Without since_batch everything is built anew.
-#}

{#- Whether this run builds on the last one. -#}
{% macro is_increment() -%}
    {{ return(var('since_batch') is not none) }}
{%- endmacro %}

{#- SQL: true in an increment, false in a full refresh. -#}
{% macro in_increment() -%}
    {{ 'true' if is_increment() else 'false' }}
{%- endmacro %}

{#- SQL: whether the batch came after the last complete run; always in a full refresh. -#}
{% macro is_new_batch(batch_id='batch_id') -%}
    {{ batch_id ~ ' > ' ~ var('since_batch') if is_increment() else 'true' }}
{%- endmacro %}

{#- SQL: whether the passing of as_of (either way) decides if what is dated this day is known, `margin` days
around included. -#}
{% macro is_newly_known(day, margin=0) -%}
    {%- if is_increment() and var('known_from') | string < var('known_to') | string -%}
        {%- set wider = modules.datetime.timedelta(days=margin) -%}
        {%- set first = modules.datetime.date.fromisoformat(var('known_from') | string) - wider -%}
        {%- set last = modules.datetime.date.fromisoformat(var('known_to') | string) + wider -%}
        ({{ day }} > cast('{{ first }}' as date) and {{ day }} <= cast('{{ last }}' as date))
    {%- else -%}
        {{ 'false' if is_increment() else 'true' }}
    {%- endif -%}
{%- endmacro %}

{#- Pre-hook: in an increment, the rows that this run makes anew are removed first. -#}
{% macro remove_rows(condition) -%}
    {%- if is_increment() and is_incremental() -%}
        {{ delete_rows(this, condition) }}
    {%- endif -%}
{%- endmacro %}

{#- SQL: whether the row is one that this run has made anew; always in a full refresh. -#}
{% macro is_judged_now(row_id='row_id') -%}
    {%- set touched_generations = ref('fct_touched_generations') -%}
    {%- if is_increment() -%}
        {{ row_id }} in (select touched.row_id from {{ touched_generations }} as touched)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- What a content unit is: generations that agree in these columns are attempts of one. -#}
{% macro unit_columns() -%}
    {{ return(['workspace_id', 'product_id', 'generation_type', 'locale']) }}
{%- endmacro %}

{#- Two generations are of one content unit; a missing locale is its own value. -#}
{% macro same_unit(left, right) -%}
    {{ left }}.workspace_id = {{ right }}.workspace_id
            and {{ left }}.product_id = {{ right }}.product_id
            and {{ left }}.generation_type = {{ right }}.generation_type
            and {{ left }}.locale is not distinct from {{ right }}.locale
{%- endmacro %}

{#- SQL: whether the row is of a workspace and day that this run makes anew; always in a full refresh. -#}
{% macro is_on_touched_day() -%}
    {%- set touched_days = ref('fct_touched_days') -%}
    {%- if is_increment() -%}
        (workspace_id, usage_date) in (
            select touched.workspace_id, touched.usage_date
            from {{ touched_days }} as touched
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- SQL: whether a day was reported in what is published now, and is again; never if nothing is published. -#}
{% macro was_served(day) -%}
    {%- if var('served_as_of') is none -%}
        false
    {%- else -%}
        ({{ day }} <= cast('{{ var("served_as_of") }}' as date) and {{ day }} <= {{ as_of() }})
    {%- endif -%}
{%- endmacro %}

{#- SQL: whether a delivery, of a batch and known from a day on, is not in what is published now. -#}
{% macro is_unserved(batch_id, known_on) -%}
    {%- if var('served_as_of') is none -%}
        true
    {%- else -%}
        ({{ batch_id }} > {{ var('served_batch') }}
            or {{ known_on }} > cast('{{ var("served_as_of") }}' as date))
    {%- endif -%}
{%- endmacro %}

{#- SQL: the rows of a table that a test need look at, since those of earlier runs were looked at then. -#}
{% macro made_now(rows) -%}
    {%- if rows == 'judged' -%}
        {{ is_judged_now() }}
    {%- elif rows == 'touched_days' -%}
        {{ is_on_touched_day() }}
    {%- elif rows == 'new_batches' -%}
        {{ is_new_batch() }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- SQL: whether formulas or variables changed since what is published now. -#}
{% macro is_redefined() -%}
    {{ 'true' if var('is_redefined') else 'false' }}
{%- endmacro %}
