{#-
One row per key: the first committed delivery, within a batch the lowest content hash.
`delivery_count` is how often the key arrived, `conflict_count` how often with other content.
`key` is a list of column names. Only keys that arrived more than once are put in order.
-#}
{% macro first_delivery(relation, key) -%}
    with deliveries as (select * from {{ relation }}),

    repeated_keys as (
        select {{ key | join(', ') }}
        from deliveries
        group by {{ key | join(', ') }}
        having count(*) > 1
    ),

    ordered as (
        select
            deliveries.*,
            first_value(deliveries.content_hash) over delivered as winning_hash,
            row_number() over delivered as delivery_rank
        from deliveries
        inner join repeated_keys on {{ same_key('deliveries', 'repeated_keys', key) }}
        window delivered as (
            partition by {{ prefixed('deliveries', key) }}
            order by
                deliveries.batch_id,
                deliveries.content_hash,
                deliveries.file_path,
                deliveries.line_number
        )
    ),

    counted as (
        select
            ordered.*,
            count(*) over (partition by {{ prefixed('ordered', key) }}) as delivery_count,
            sum(case when content_hash <> winning_hash then 1 else 0 end)
                over (partition by {{ prefixed('ordered', key) }}) as conflict_count
        from ordered
    )

    select
        deliveries.*,
        cast(1 as bigint) as delivery_count,
        cast(0 as bigint) as conflict_count
    from deliveries
    left join repeated_keys on {{ same_key('deliveries', 'repeated_keys', key) }}
    where repeated_keys.{{ key[0] }} is null
    union all
    select
        deliveries.*,
        cast(counted.delivery_count as bigint) as delivery_count,
        cast(counted.conflict_count as bigint) as conflict_count
    from deliveries
    inner join counted
        on
            {{ same_key('deliveries', 'counted', key) }}
            and deliveries.batch_id = counted.batch_id
            and deliveries.file_path = counted.file_path
            and deliveries.line_number = counted.line_number
    where counted.delivery_rank = 1
{%- endmacro %}

{% macro same_key(left, right, key) -%}
    {%- for column in key -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}
        {%- if not loop.last %} and {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro prefixed(relation, key) -%}
    {%- for column in key -%}
        {{ relation }}.{{ column }}
        {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}
