{#-
One row per key of a snapshot or upsert feed: newest `updated_at`, then newest delivery;
within one delivery the lowest content hash, so that the order of lines does not matter.
-#}
{% macro newest_version(relation, key) -%}
    with ranked as (
        select
            deliveries.*,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by
                    updated_at desc nulls last, batch_id desc, content_hash asc, file_path asc, line_number asc
            ) as version_rank
        from {{ relation }} as deliveries
    )

    select * from ranked
    where version_rank = 1
{%- endmacro %}
