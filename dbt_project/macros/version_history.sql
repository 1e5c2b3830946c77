{#-
Every version of a snapshot or upsert feed in order, one row per change:
newest `updated_at`, then newest delivery, within one delivery the lowest content hash comes last.
A version delivered again unchanged is the same version. An increment returns the keys that came anew, with
all their versions; only keys that came more than once are put in order.
-#}
{% macro version_history(feed, key) -%}
    {%- set keys = key | join(', ') -%}
    with delivered as (
        select * from {{ source('raw', feed) }}
        where {{ is_redelivered(feed, key) }}
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
{% macro is_redelivered(feed, key, relation=none) -%}
    {%- set keys = key | join(', ') -%}
    {%- if is_increment() -%}
        ({{ prefixed(relation, key) if relation else keys }})
        in (select {{ keys }} from {{ source('raw', feed) }} where {{ is_new_batch() }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#-
The newest version of each key of a snapshot feed as the last complete run knew it, of the keys that came
again since; nothing in a full refresh.
-#}
{% macro versions_before(feed, key, columns) -%}
    {%- set keys = key | join(', ') -%}
    select
        {{ keys }},
        {{ columns | join(', ') }}
    from (
        select
            *,
            row_number() over (
                partition by {{ keys }}
                order by
                    updated_at desc nulls last,
                    batch_id desc,
                    content_hash asc,
                    file_path asc,
                    line_number asc
            ) as version_rank
        from {{ source('raw', feed) }}
        where {{ in_increment() }} and {{ is_redelivered(feed, key) }} and not ({{ is_new_batch() }})
    ) as versions
    where version_rank = 1
{%- endmacro %}

{% macro prefixed(relation, key) -%}
    {%- for column in key -%}
        {{ relation }}.{{ column }}
        {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}
