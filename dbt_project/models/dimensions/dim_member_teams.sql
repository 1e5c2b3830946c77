-- before the first known team, that one holds
with known as (
    select
        workspace_id,
        member_id,
        min(version_number) as first_version_number
    from {{ ref('stg_members') }}
    where team is not null
    group by workspace_id, member_id
),

versions as (
    select
        members.workspace_id,
        members.member_id,
        members.version_number,
        members.team,
        case
            when members.version_number = known.first_version_number
                then cast('0001-01-01' as date)
            else coalesce(
                {{ local_date('members.updated_at', 'workspaces.timezone') }},
                cast('0001-01-01' as date)
            )
        end as from_on
    from {{ ref('stg_members') }} as members
    inner join known
        on
            members.workspace_id = known.workspace_id
            and members.member_id = known.member_id
            and members.version_number >= known.first_version_number
    inner join {{ ref('dim_workspaces') }} as workspaces
        on members.workspace_id = workspaces.workspace_id
),

-- of the versions that hold on a day the newest counts
until as (
    select
        *,
        coalesce(
            min(from_on) over (
                partition by workspace_id, member_id
                order by version_number
                rows between 1 following and unbounded following
            ),
            cast('9999-12-31' as date)
        ) as until_on
    from versions
)

select
    workspace_id,
    member_id,
    version_number,
    coalesce(team, {{ no_team() }}) as team,
    from_on,
    until_on
from until
where from_on < until_on
