{%- set feeds = {'product': ref('dim_products'), 'member': ref('dim_members')} %}
with used as (
    select
        workspace_id,
        product_id,
        member_id,
        sum(credits) as credits
    from {{ ref('int_generations_classified') }}
    where usage_date > {{ as_of(30) }}
    group by workspace_id, product_id, member_id
)
{%- for kind, named in feeds.items() %},

-- a missing id is missing, not unknown
{{ kind }}s as (
    select
        used.workspace_id,
        '{{ kind }}' as id_kind,
        used.credits,
        case
            when named.workspace_id is null
                then nullif(used.{{ kind }}_id, {{ no_member() }})
        end as unnamed_id
    from used
    left join {{ named }} as named
        on
            used.workspace_id = named.workspace_id
            and used.{{ kind }}_id = named.{{ kind }}_id
    where used.workspace_id in (select listed.workspace_id from {{ named }} as listed)
)
{%- endfor %},

compared as (
    {%- for kind in feeds %}
    select * from {{ kind }}s
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    workspace_id,
    id_kind,
    cast(sum(credits) as decimal(38, 6)) as credits,
    cast(
        sum(case when unnamed_id is not null then credits else 0 end) as decimal(38, 6)
    ) as unnamed_credits,
    cast(count(distinct unnamed_id) as bigint) as unnamed_count,
    min(unnamed_id) as first_unnamed_id
from compared
group by workspace_id, id_kind
