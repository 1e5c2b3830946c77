{#-
Every version of a snapshot or upsert feed in order, one row per change: by `updated_at`, then by batch, file name
and line. A row without `updated_at` is as new as the newest of its key that had come by its batch, so a snapshot
that has no dates replaces older ones that have, and is replaced by what is dated later.
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

    dated as (
        select
            delivered.*,
            {{ counted_updated_at('delivered', key) }} as counted_updated_at
        from delivered
        left join delivered_once on delivered.row_id = delivered_once.row_id
        where delivered_once.row_id is null
    ),

    ordered as (
        select
            *,
            row_number() over (
                partition by {{ keys }}
                order by
                    counted_updated_at asc nulls first,
                    batch_id asc,
                    file_path asc,
                    line_number asc
            ) as delivery_number
        from dated
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
        delivered.updated_at as counted_updated_at,
        cast(1 as bigint) as delivery_number,
        cast(null as string) as previous_hash,
        cast(1 as bigint) as version_number,
        nullif(delivered.updated_at, delivered.updated_at) as replaced_at,
        true as is_newest
    from delivered
    inner join delivered_once on delivered.row_id = delivered_once.row_id
{%- endmacro %}

{#- SQL: the `updated_at` by which a row of a snapshot feed is put in order. -#}
{% macro counted_updated_at(rows, key) -%}
    coalesce({{ rows }}.updated_at, max({{ rows }}.updated_at) over (
        partition by {{ prefixed(rows, key) }}
        order by {{ rows }}.batch_id
        range between unbounded preceding and current row
    ))
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
                    counted_updated_at desc nulls last,
                    batch_id desc,
                    file_path desc,
                    line_number desc
            ) as version_rank
        from (
            select
                dated.*,
                {{ counted_updated_at('dated', key) }} as counted_updated_at
            from {{ raw }} as dated
            where {{ is_redelivered(raw, key) }} and not ({{ is_new_batch() }})
        ) as deliveries
    ) as known
        on
            known.version_rank = 1
            {%- for name in key %}
            and arrived.{{ name }} = known.{{ name }}
            {%- endfor %}
    where
        {{ in_increment() }}
        and {{ is_new_batch('arrived.batch_id') }}
        and (
            arrived.updated_at is null
            or known.counted_updated_at is null
            or arrived.updated_at >= known.counted_updated_at
        )
        and coalesce(arrived.{{ column }}, {{ default }})
        is distinct from coalesce(known.{{ column }}, {{ default }})
{%- endmacro %}

{% macro prefixed(relation, key) -%}
    {%- for column in key -%}
        {{ relation }}.{{ column }}
        {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}
