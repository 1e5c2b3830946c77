{#-
What an incremental run reads and rewrites. The variables say how far the last complete run got: `since_batch`
is its newest batch, `known_from` and `known_to` are its as_of and that of this run, the earlier one first.
Without since_batch everything is rebuilt.
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

{#- Pre-hook: in an increment, remove the rows that this run rebuilds. -#}
{% macro remove_rows(condition) -%}
    {%- if is_increment() and is_incremental() -%}
        {{ delete_rows(this, condition) }}
    {%- endif -%}
{%- endmacro %}

{#- SQL: whether this run classifies the row again; always in a full refresh. -#}
{% macro is_reclassified(changed_generations) -%}
    {%- if is_increment() -%}
        row_id in (select changed.row_id from {{ changed_generations }} as changed)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- SQL: whether the row, which does not count now, may have counted when the batches up to `batch` were known. -#}
{% macro is_superseded_since(batch) -%}
    (batch_id <= {{ batch }} and winning_batch_id > {{ batch }})
{%- endmacro %}

{#- SQL: whether the batch is new, or lost the row that counts of some generation to a new one. -#}
{% macro is_batch_with_changes(repeated_deliveries) -%}
    {%- if is_increment() -%}
        ({{ is_new_batch() }} or batch_id in (
            select repeated.batch_id
            from {{ repeated_deliveries }} as repeated
            where
                repeated.feed = 'generation_events'
                and repeated.batch_id <= {{ var('since_batch') }}
                and repeated.winning_batch_id > {{ var('since_batch') }}
        ))
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- The columns that identify a content unit: generations that agree in them are attempts of one unit. -#}
{% macro unit_columns() -%}
    {{ return(['workspace_id', 'product_id', 'generation_type', 'locale']) }}
{%- endmacro %}

{#- The columns that identify what is classified together: a content unit, or one generation without a product. -#}
{% macro classified_together() -%}
    {{ return(unit_columns() + ['unitless_row_id']) }}
{%- endmacro %}

{#- Two generations are classified together; a missing locale is its own value. -#}
{% macro same_unit(left, right) -%}
    {{ left }}.workspace_id = {{ right }}.workspace_id
            and {{ left }}.generation_type = {{ right }}.generation_type
            {%- for column in ('product_id', 'locale', 'unitless_row_id') %}
            and {{ left }}.{{ column }} is not distinct from {{ right }}.{{ column }}
            {%- endfor %}
{%- endmacro %}

{#- SQL: whether the row is of a workspace and day that this run rebuilds; always in a full refresh. -#}
{% macro is_on_changed_day(changed_days, rows='') -%}
    {%- set prefix = rows ~ '.' if rows else '' -%}
    {%- if is_increment() -%}
        ({{ prefix }}workspace_id, {{ prefix }}usage_date) in (
            select changed.workspace_id, changed.usage_date
            from {{ changed_days }} as changed
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- SQL: whether the published version and this run both report the day; never without a published version. -#}
{% macro was_served(day) -%}
    {%- if var('served_as_of') is none -%}
        false
    {%- else -%}
        ({{ day }} <= cast('{{ var("served_as_of") }}' as date) and {{ day }} <= {{ as_of() }})
    {%- endif -%}
{%- endmacro %}

{#- SQL: whether a delivery, of a batch and known from a day on, is missing from the published version. -#}
{% macro is_unserved(batch_id, known_on) -%}
    {%- if var('served_as_of') is none -%}
        true
    {%- else -%}
        ({{ batch_id }} > {{ var('served_batch') }}
            or {{ known_on }} > cast('{{ var("served_as_of") }}' as date))
    {%- endif -%}
{%- endmacro %}

{#- SQL, for data tests: the rows of a table to test. Rows of earlier runs were tested by those runs. -#}
{% macro rows_rebuilt_by_this_run(rows) -%}
    {%- if rows == 'reclassified' -%}
        {{ is_reclassified(ref('int_changed_generations')) }}
    {%- elif rows == 'changed_days' -%}
        {{ is_on_changed_day(ref('int_changed_days')) }}
    {%- elif rows == 'rebooked' -%}
        {{ is_rebooked() }}
    {%- elif rows == 'new_batches' -%}
        {{ is_new_batch() }}
    {%- elif rows == 'redelivered_products' -%}
        {{ is_redelivered(source('raw', 'products'), ['workspace_id', 'product_id']) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- SQL: whether formulas or variables changed since the published version. -#}
{% macro is_redefined() -%}
    {{ 'true' if var('is_redefined') else 'false' }}
{%- endmacro %}

{#-
SQL, for rows of int_references_unknown: whether the reference came again, by its own key or with the same ids
under another source, or the generation it names has come.
-#}
{% macro is_referred_again(references, events) -%}
    {%- set reference_keys = [
        ['feed', 'reference_scope', 'reference_id'], ['feed', 'reference_id', 'event_id']
    ] -%}
    ({{ is_new_batch() }}
        {%- for key in reference_keys %}
        or ({{ key | join(', ') }}) in (
            select {{ prefixed('arrived', key) }}
            from {{ references }} as arrived
            where {{ is_new_batch('arrived.batch_id') }}
        )
        {%- endfor %}
        or (source, event_id) in (
            select events.source, events.event_id
            from {{ events }} as events
            where {{ is_new_batch('events.batch_id') }}
        ))
{%- endmacro %}

{#- Outcomes, retractions and refunds that are new, or that another as_of makes known, by the generations they name. -#}
{% macro changed_references() -%}
    {%- set entries = source('raw', 'credit_entries') -%}
    {#- the row that no longer counts may have named another generation -#}
    {%- set entry_arrived = is_redelivered(entries, ['workspace_id', 'entry_id']) -%}
    {%- set newest = var('since_batch') | int + 1 if is_increment() else 'batch_id' -%}
    {%- for feed in (ref('int_outcomes_arrived'), ref('stg_event_retractions')) %}
    select
        source,
        event_id,
        occurred_at,
        batch_id
    from {{ feed }}
    where
        {{ is_new_batch() }}
        or {{ is_newly_known('cast(occurred_at as date)', margin=1) }}
    union all
    {%- endfor %}
    select
        coalesce(related_source, 'native') as source,
        related_event_id as event_id,
        {{ utc_timestamp('occurred_at') }} as occurred_at,
        case when {{ entry_arrived }} then {{ newest }} else batch_id end as batch_id
    from {{ entries }}
    where
        related_event_id is not null
        and (
            {{ entry_arrived }}
            or {{ is_newly_known(
                'cast(' ~ utc_timestamp('occurred_at') ~ ' as date)', margin=1
            ) }}
        )
{%- endmacro %}
