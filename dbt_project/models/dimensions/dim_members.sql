with named as (
    select * from {{ ref('stg_members') }}
    where is_newest
),

known as (
    select
        workspace_id,
        member_id
    from {{ ref('stg_members') }}
    union
    select
        workspace_id,
        member_id
    from {{ ref('stg_generation_events') }}
)

select
    known.workspace_id,
    known.member_id,
    coalesce(named.name, known.member_id) as member_name,
    named.team
from known
left join named
    on known.workspace_id = named.workspace_id and known.member_id = named.member_id
