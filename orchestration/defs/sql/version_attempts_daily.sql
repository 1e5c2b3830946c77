with began as (
    select
        workspace_id,
        generation_type,
        ruleset_id,
        template_id,
        min(usage_date) as began_on
    from facts.int_generations_classified
    where is_first_variant and usage_date > cast('{known_after}' as date)
    group by all
),

versions as (
    select
        workspace_id,
        generation_type,
        kinds.version_kind,
        case kinds.version_kind when 'ruleset' then ruleset_id else template_id end
            as version_id,
        min(began_on) as began_on
    from began
    cross join
        (
            select 'ruleset' as version_kind
            union all
            select 'template' as version_kind
        ) as kinds
    group by all
),

-- only of these are days looked at
changing as (
    select
        workspace_id,
        generation_type,
        version_kind
    from versions
    where version_id is not null
    group by all
    having
        max(began_on) > min(began_on) and max(began_on) > cast('{listed_after}' as date)
),

attempts as (
    select
        generations.workspace_id,
        generations.generation_type,
        changing.version_kind,
        case changing.version_kind
            when 'ruleset' then generations.ruleset_id
            else generations.template_id
        end as version_id,
        generations.usage_date
    from facts.int_generations_classified as generations
    inner join changing
        on
            generations.workspace_id = changing.workspace_id
            and generations.generation_type = changing.generation_type
    where
        generations.is_first_variant
        and generations.usage_date > cast('{known_after}' as date)
)

select
    workspace_id,
    generation_type,
    version_kind,
    version_id,
    usage_date,
    count(*) as attempts
from attempts
where version_id is not null
group by all
