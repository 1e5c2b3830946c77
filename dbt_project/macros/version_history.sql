{#-
Every version of a snapshot or upsert feed in order, one row per change:
newest `updated_at`, then newest delivery, within one delivery the lowest content hash comes last.
A version delivered again unchanged is the same version.
-#}
{% macro version_history(relation, key) -%}
    with ordered as (
        select
            deliveries.*,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by
                    updated_at asc nulls first, batch_id asc, content_hash desc, file_path desc, line_number desc
            ) as delivery_number
        from {{ relation }} as deliveries
    ),

    compared as (
        select
            ordered.*,
            lag(content_hash) over (
                partition by {{ key | join(', ') }}
                order by delivery_number
            ) as previous_hash
        from ordered
    ),

    changed as (
        select
            compared.*,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by delivery_number
            ) as version_number,
            lead(updated_at) over (
                partition by {{ key | join(', ') }}
                order by delivery_number
            ) as replaced_at,
            lead(delivery_number) over (
                partition by {{ key | join(', ') }}
                order by delivery_number
            ) is null as is_newest
        from compared
        where previous_hash is null or previous_hash <> content_hash
    )

    select * from changed
{%- endmacro %}
