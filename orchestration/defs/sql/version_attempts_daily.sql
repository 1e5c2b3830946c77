with daily as (
    select
        workspace_id,
        generation_type,
        ruleset_id,
        template_id,
        usage_date,
        count(*) as attempts
    from facts.int_generations_classified
    where is_first_variant and usage_date > cast('{known_after}' as date)
    group by all
),

by_kind as (
    select
        workspace_id,
        generation_type,
        kinds.version_kind,
        case kinds.version_kind when 'ruleset' then ruleset_id else template_id end
            as version_id,
        usage_date,
        attempts
    from daily
    cross join
        (
            select 'ruleset' as version_kind
            union all
            select 'template' as version_kind
        ) as kinds
),

versions as materialized (
    select
        workspace_id,
        generation_type,
        version_kind,
        version_id,
        usage_date,
        cast(sum(attempts) as bigint) as attempts
    from by_kind
    where version_id is not null
    group by all
),

began as (
    select
        workspace_id,
        generation_type,
        version_kind,
        version_id,
        min(usage_date) as began_on
    from versions
    group by all
),

changing as (
    select
        workspace_id,
        generation_type,
        version_kind
    from began
    group by all
    having
        max(began_on) > min(began_on) and max(began_on) > cast('{listed_after}' as date)
)

select versions.*
from versions
semi join changing using (workspace_id, generation_type, version_kind)
