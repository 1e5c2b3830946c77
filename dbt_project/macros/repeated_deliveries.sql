{#-
The rows of a feed that repeat a key: all but its first committed delivery, within a batch the lowest
content hash. Only rows of new batches are returned, and only keys that came more than once are ordered.
`raw` is the source of the feed, `key` a list of two column names.
-#}
{% macro repeated_deliveries(raw, key, credits) -%}
    select
        '{{ raw.identifier }}' as feed,
        ordered.{{ key[0] }} as key_scope,
        ordered.{{ key[1] }} as key_id,
        ordered.row_id,
        ordered.batch_id,
        ordered.file_path,
        ordered.line_number,
        ordered.content_hash,
        ordered.winning_hash,
        ordered.winning_batch_id,
        ordered.content_hash <> ordered.winning_hash as is_conflict,
        ordered.credits
    from (
        select
            deliveries.{{ key[0] }},
            deliveries.{{ key[1] }},
            deliveries.row_id,
            deliveries.batch_id,
            deliveries.file_path,
            deliveries.line_number,
            deliveries.content_hash,
            cast({{ credits }} as decimal(18, 6)) as credits,
            first_value(deliveries.content_hash) over delivered as winning_hash,
            first_value(deliveries.batch_id) over delivered as winning_batch_id,
            row_number() over delivered as delivery_number
        from {{ raw }} as deliveries
        inner join (
            select
                keys.{{ key[0] }},
                keys.{{ key[1] }}
            from {{ raw }} as keys
            {%- if is_increment() %}
            inner join (
                select distinct
                    {{ key[0] }},
                    {{ key[1] }}
                from {{ raw }}
                where {{ is_new_batch() }}
            ) as arrived
                on
                    keys.{{ key[0] }} = arrived.{{ key[0] }}
                    and keys.{{ key[1] }} = arrived.{{ key[1] }}
            {%- endif %}
            group by keys.{{ key[0] }}, keys.{{ key[1] }}
            having count(*) > 1
        ) as repeated
            on
                deliveries.{{ key[0] }} = repeated.{{ key[0] }}
                and deliveries.{{ key[1] }} = repeated.{{ key[1] }}
        window delivered as (
            partition by deliveries.{{ key[0] }}, deliveries.{{ key[1] }}
            order by
                deliveries.batch_id,
                deliveries.content_hash,
                deliveries.file_path,
                deliveries.line_number
        )
    ) as ordered
    where ordered.delivery_number > 1 and {{ is_new_batch('ordered.batch_id') }}
{%- endmacro %}

{#- The rows of a feed that are the first of their key. -#}
{% macro first_deliveries(raw, repeated_deliveries) -%}
    select deliveries.*
    from {{ raw }} as deliveries
    left join {{ repeated_deliveries }} as repeated
        on deliveries.row_id = repeated.row_id and repeated.feed = '{{ raw.identifier }}'
    where repeated.row_id is null
{%- endmacro %}
