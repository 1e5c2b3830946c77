with ranked as (
    select
        workspace_id,
        id_kind,
        look,
        concat('"', look_alike_id, '"') as quoted,
        row_number() over (
            partition by workspace_id, id_kind, look order by look_alike_id
        ) as id_rank
    from facts.fct_look_alike_ids
),

grouped as (
    select
        workspace_id,
        id_kind,
        row_number() over (partition by workspace_id, id_kind order by look)
            as group_rank,
        concat_ws(
            ' = ',
            max(case when id_rank = 1 then quoted end),
            max(case when id_rank = 2 then quoted end),
            max(case when id_rank = 3 then quoted end),
            max(case when id_rank = 4 then '…' end)
        ) as ids
    from ranked
    group by workspace_id, id_kind, look
)

select
    workspace_id,
    id_kind,
    count(*) as group_count,
    concat_ws(
        ', ',
        max(case when group_rank = 1 then ids end),
        max(case when group_rank = 2 then ids end),
        max(case when group_rank = 3 then ids end),
        max(case when group_rank = 4 then '…' end)
    ) as ids
from grouped
group by workspace_id, id_kind
