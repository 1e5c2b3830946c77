{#-
The rows of a feed that repeat a key: all but the one that counts. Of the rows of a key, that is
1. one with the greatest version: revision, then recorded_at, a missing one being lowest;
2. of those, the earliest (the earlier batch, within a batch the lowest content hash), or one that only fills what
   that leaves empty.
A row with the version of the one that counts, which it neither repeats nor leaves emptier, is a conflict. An
increment returns the keys that arrived again, with all their rows; only keys that came more than once are
ordered, and only those with several contents are compared column by column.
`raw` is the source of the feed, which a unit test names otherwise; `key` a list of two column names, `version` the columns compared first;
`keys` a relation of row_id, batch_id, occurred_at and the hash of the second of them, where one is kept.
-#}
{% macro repeated_deliveries(feed, raw, key, credits, version=[], keys=none) %}
    {%- set keys = keys or hashed_keys(raw, key) -%}
    {%- set same_version = ['version_id'] + key -%}
    select
        '{{ feed }}' as feed,
        ordered.{{ key[0] }} as key_scope,
        ordered.{{ key[1] }} as key_id,
        ordered.row_id,
        ordered.batch_id,
        ordered.file_path,
        ordered.line_number,
        ordered.content_hash,
        ordered.winning_hash,
        ordered.winning_batch_id,
        ordered.winning_row_id,
        cast(ordered.delivery_number as bigint) as delivery_number,
        coalesce(ordered.content_hash <> ordered.winning_hash
        and ordered.version_id = ordered.winning_version_id
        and not ordered.is_emptier_than_winner, false) as is_conflict,
        cast({{ credits }} as decimal(18, 6)) as credits
    from (
        with found as (
            select
                row_id,
                occurred_at
            from {{ keys }}
            where
                id_hash in (
                    select suspicious.id_hash
                    from {{ keys }} as suspicious
                    {%- if is_increment() %}
                    where
                        suspicious.id_hash in (
                            select arrived.id_hash from {{ keys }} as arrived
                            where {{ is_new_batch('arrived.batch_id') }}
                        )
                    {%- endif %}
                    group by suspicious.id_hash
                    having count(*) > 1
                )
        ),

        suspects as (
            {{ lake_rows(raw, 'found') }}
        ),

        repeated as (
            select
                {{ prefixed('suspects', key) }},
                count(distinct {{ compared_hash('suspects', feed) }}) as content_count
            from suspects
            {%- if is_increment() %}
            inner join (
                select distinct {{ key | join(', ') }} from {{ raw }}
                where {{ is_new_batch() }}
            ) as arrived
                on {{ same_columns('suspects', 'arrived', key) }}
            {%- endif %}
            group by {{ prefixed('suspects', key) }}
            having count(*) > 1
        ),

        deliveries as (
            select
                {{ prefixed('feed_rows', key + version + content_columns(feed)) }},
                feed_rows.row_id,
                feed_rows.batch_id,
                feed_rows.file_path,
                feed_rows.line_number,
                {{ compared_hash('feed_rows', feed) }} as content_hash,
                {%- for column in compared_columns(feed)[content_columns(feed) | length:] %}
                {{ tag_value('feed_rows.attributes', var('tag_keys')[loop.index0]) }}
                    as {{ column }},
                {%- endfor %}
                repeated.content_count,
                {{ version_id(version) }} as version_id
            from suspects as feed_rows
            inner join repeated on {{ same_columns('feed_rows', 'repeated', key) }}
        ),

        contents as (
            select
                {{ same_version | join(', ') }},
                content_hash,
                min(batch_id) as first_batch_id
                {%- for column in compared_columns(feed) %},
                max({{ column }}) as {{ column }}
                {%- endfor %}
            from deliveries
            where content_count > 1
            group by {{ same_version | join(', ') }}, content_hash
        ),

        -- each content with those that it repeats or only fills
        fillings as (
            select
                {{ prefixed('fuller', same_version) }},
                fuller.content_hash,
                emptier.content_hash as emptier_hash,
                emptier.first_batch_id as emptier_batch_id
            from contents as fuller
            inner join contents as emptier
                on
                    {{ same_columns('fuller', 'emptier', same_version) }}
                    {%- for column in compared_columns(feed) %}
                    and (
                        emptier.{{ column }} is null
                        or emptier.{{ column }} = fuller.{{ column }}
                    )
                    {%- endfor %}
        ),

        seniors as (
            select distinct
                {{ same_version | join(', ') }},
                content_hash,
                first_value(emptier_batch_id) over earliest as senior_batch_id,
                first_value(emptier_hash) over earliest as senior_hash
            from fillings
            window earliest as (
                partition by {{ same_version | join(', ') }}, content_hash
                order by emptier_batch_id, emptier_hash
            )
        ),

        filled as (
            select distinct
                {{ same_version | join(', ') }},
                emptier_hash
            from fillings
            where emptier_hash <> content_hash
        ),

        numbered as (
            select
                deliveries.*,
                row_number() over counting_first as delivery_number,
                first_value(deliveries.content_hash) over counting_first as winning_hash,
                first_value(deliveries.version_id) over counting_first
                    as winning_version_id,
                first_value(deliveries.batch_id) over counting_first
                    as winning_batch_id,
                first_value(deliveries.row_id) over counting_first as winning_row_id
            from deliveries
            left join seniors
                on
                    {{ same_columns('deliveries', 'seniors', same_version) }}
                    and deliveries.content_hash = seniors.content_hash
            left join filled
                on
                    {{ same_columns('deliveries', 'filled', same_version) }}
                    and deliveries.content_hash = filled.emptier_hash
            window counting_first as (
                partition by {{ prefixed('deliveries', key) }}
                order by
                    {%- for column in version %}
                    {{ version_part('deliveries.' ~ column) }} desc nulls last,
                    {%- endfor %}
                    coalesce(seniors.senior_batch_id, deliveries.batch_id) asc,
                    coalesce(seniors.senior_hash, deliveries.content_hash) asc,
                    case when filled.emptier_hash is null then 0 else 1 end asc,
                    deliveries.batch_id asc,
                    deliveries.content_hash asc,
                    deliveries.file_path asc,
                    deliveries.line_number asc
            )
        )

        select
            numbered.*,
            fillings.content_hash is not null as is_emptier_than_winner
        from numbered
        left join fillings
            on
                {{ same_columns('numbered', 'fillings', same_version) }}
                and numbered.content_hash = fillings.emptier_hash
                and numbered.winning_hash = fillings.content_hash
    ) as ordered
    where ordered.delivery_number > 1
{%- endmacro %}

{#- SQL: what finds the rows of a small feed that repeat an id, as stg_generation_keys does for a large one. -#}
{% macro hashed_keys(raw, key) -%}
    (
        select
            row_id,
            batch_id,
            occurred_at,
            {{ hash_of([key[1]]) }} as id_hash
        from {{ raw }}
    )
{%- endmacro %}

{#- The columns, but for its key, in which two rows of a feed differ if they conflict: those of its content_hash. -#}
{% macro content_columns(feed) -%}
    {{ return({
        'generation_events': [
            'credits', 'generation_type', 'input_tokens', 'latency_ms', 'locale', 'member_id', 'model',
            'occurred_at', 'output_tokens', 'product_category', 'product_id', 'provider', 'provider_cost',
            'provider_currency', 'quality_score', 'request_id', 'ruleset_id', 'status', 'template_id', 'workflow',
            'workspace_id',
        ],
        'content_outcomes': [
            'edit_ratio', 'event_id', 'member_id', 'occurred_at', 'outcome', 'workspace_id',
        ],
        'event_retractions': ['event_id', 'occurred_at', 'reason'],
        'credit_entries': [
            'amount', 'credits', 'currency', 'effective_at', 'entry_type', 'expires_at', 'invoice_id',
            'lot_id', 'occurred_at', 'pack_id', 'plan_id', 'priority', 'related_event_id', 'related_source',
        ],
    }[feed]) }}
{%- endmacro %}

{#- The columns, but for its key, in which two rows of a feed differ if they conflict, and those of the tags. -#}
{% macro compared_columns(feed) -%}
    {{ return(content_columns(feed) + (tag_columns() if feed == 'generation_events' else [])) }}
{%- endmacro %}

{#- SQL: the hash of the content of a row of a feed. -#}
{% macro compared_hash(rows, feed) -%}
    {{ hash_with_tags(rows) if feed == 'generation_events' else rows ~ '.content_hash' }}
{%- endmacro %}

{#- SQL: a text that is equal for rows of one version. -#}
{% macro version_id(version) -%}
    concat(
        'v'
        {%- for column in version %}, ';', coalesce(cast({{ version_part(column) }} as string), ''){% endfor -%}
    )
{%- endmacro %}

{#- SQL: a column that versions are compared by; lakes of before there were revisions have none. -#}
{% macro version_part(column) -%}
    {{ 'coalesce(' ~ column ~ ', 0)' if column.endswith('revision') else column }}
{%- endmacro %}

{#- SQL: whether two relations agree in the columns. -#}
{% macro same_columns(left, right, columns) -%}
    {%- for column in columns -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}
        {%- if not loop.last %} and {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- SQL: whether a repeated delivery is of a key that arrived again; `feeds` maps each source to its key. -#}
{% macro is_repeated_again(feeds) -%}
    (feed, key_scope, key_id) in (
        {%- for raw, key in feeds %}
        select
            '{{ raw.identifier }}' as feed,
            {{ key[0] }} as key_scope,
            {{ key[1] }} as key_id
        from {{ raw }}
        where {{ is_new_batch() }}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    )
{%- endmacro %}

{#-
The rows of a feed that count: one of each key. `found` names a relation of row_id and occurred_at: only these rows.
-#}
{% macro first_deliveries(raw, repeated_deliveries, found=none) -%}
    select deliveries.*
    from
        {%- if found %} (
        {{ lake_rows(raw, found) }}
        ) {%- else %} {{ raw }}{% endif %} as deliveries
    left join {{ repeated_deliveries }} as repeated
        on deliveries.row_id = repeated.row_id and repeated.feed = '{{ raw.identifier }}'
    where repeated.row_id is null
{%- endmacro %}
