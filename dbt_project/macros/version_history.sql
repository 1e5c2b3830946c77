{#-
Every version of a snapshot or upsert feed in order, one row per change:
newest `updated_at`, then newest delivery, within one delivery the lowest content hash comes last.
A version delivered again unchanged is the same version. An increment returns the keys that were delivered
again, with all their versions; only keys that came more than once are put in order.
-#}
{% macro version_history(raw, key) -%}
    {%- set keys = key | join(', ') -%}
    with delivered as (
        select * from {{ raw }}
        where {{ is_redelivered(raw, key) }}
    ),

    delivered_once as (
        select
            {{ keys }},
            max(row_id) as row_id
        from delivered
        group by {{ keys }}
        having count(*) = 1
    ),

    ordered as (
        select
            delivered.*,
            row_number() over (
                partition by {{ prefixed('delivered', key) }}
                order by
                    delivered.updated_at asc nulls first,
                    delivered.batch_id asc,
                    delivered.content_hash desc,
                    delivered.file_path desc,
                    delivered.line_number desc
            ) as delivery_number
        from delivered
        left join delivered_once on delivered.row_id = delivered_once.row_id
        where delivered_once.row_id is null
    ),

    compared as (
        select
            ordered.*,
            lag(content_hash) over (
                partition by {{ keys }}
                order by delivery_number
            ) as previous_hash
        from ordered
    ),

    changed as (
        select
            compared.*,
            row_number() over (
                partition by {{ keys }}
                order by delivery_number
            ) as version_number,
            lead(updated_at) over (
                partition by {{ keys }}
                order by delivery_number
            ) as replaced_at,
            lead(delivery_number) over (
                partition by {{ keys }}
                order by delivery_number
            ) is null as is_newest
        from compared
        where previous_hash is null or previous_hash <> content_hash
    )

    select * from changed
    union all
    select
        delivered.*,
        cast(1 as bigint) as delivery_number,
        cast(null as string) as previous_hash,
        cast(1 as bigint) as version_number,
        nullif(delivered.updated_at, delivered.updated_at) as replaced_at,
        true as is_newest
    from delivered
    inner join delivered_once on delivered.row_id = delivered_once.row_id
{%- endmacro %}

{#- SQL: whether the key of a snapshot feed came again since the last complete run; true in a full refresh. -#}
{% macro is_redelivered(raw, key) -%}
    {%- set keys = key | join(', ') -%}
    {%- if is_increment() -%}
        ({{ keys }}) in (select {{ keys }} from {{ raw }} where {{ is_new_batch() }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#-
The keys of a snapshot feed for which a row came, since the last complete run, with another value in `column`
than that run knew; nothing in a full refresh. Runs that did not end may have used any of those rows, so also a
value that came and went counts; a row older than the one known was never used.
-#}
{% macro changed_keys(raw, key, column, default='null') -%}
    {%- set keys = key | join(', ') -%}
    select distinct {{ prefixed('arrived', key) }}
    from {{ raw }} as arrived
    left join (
        select
            deliveries.*,
            row_number() over (
                partition by {{ keys }}
                order by
                    updated_at desc nulls last,
                    batch_id desc,
                    content_hash asc,
                    file_path asc,
                    line_number asc
            ) as version_rank
        from {{ raw }} as deliveries
        where {{ is_redelivered(raw, key) }} and not ({{ is_new_batch() }})
    ) as known
        on
            known.version_rank = 1
            {%- for name in key %}
            and arrived.{{ name }} = known.{{ name }}
            {%- endfor %}
    where
        {{ in_increment() }}
        and {{ is_new_batch('arrived.batch_id') }}
        and (known.updated_at is null or arrived.updated_at >= known.updated_at)
        and coalesce(arrived.{{ column }}, {{ default }})
        is distinct from coalesce(known.{{ column }}, {{ default }})
{%- endmacro %}

{% macro prefixed(relation, key) -%}
    {%- for column in key -%}
        {{ relation }}.{{ column }}
        {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}
