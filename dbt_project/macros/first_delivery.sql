{#-
One row per key: the first committed delivery, within a batch the lowest content hash.
`delivery_count` is how often the key arrived, `conflict_count` how often with other content.
`key` is a list of column names.
-#}
{% macro first_delivery(relation, key) -%}
    with ranked as (
        select
            deliveries.*,
            first_value(deliveries.content_hash) over delivered as winning_hash,
            row_number() over delivered as delivery_rank
        from {{ relation }} as deliveries
        window delivered as (
            partition by {{ key | join(', ') }}
            order by batch_id, content_hash, file_path, line_number
        )
    ),

    counted as (
        select
            ranked.*,
            count(*) over (partition by {{ key | join(', ') }}) as delivery_count,
            sum(case when content_hash <> winning_hash then 1 else 0 end)
                over (partition by {{ key | join(', ') }}) as conflict_count
        from ranked
    )

    select * from counted
    where delivery_rank = 1
{%- endmacro %}
