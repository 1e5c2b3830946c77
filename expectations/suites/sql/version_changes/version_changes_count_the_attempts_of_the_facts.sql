with sides as (
    select
        workspace_id,
        generation_type,
        version_kind,
        version_id,
        'after' as side,
        version_id as used_id,
        changed_on as first_on,
        changed_on + interval '29' day as last_on,
        attempts_after as attempts
    from waste.version_changes
    union all
    select
        workspace_id,
        generation_type,
        version_kind,
        version_id,
        'before' as side,
        previous_id as used_id,
        changed_on - interval '30' day as first_on,
        changed_on - interval '1' day as last_on,
        attempts_before as attempts
    from waste.version_changes
),

attempts as (
    select
        workspace_id,
        generation_type,
        'ruleset' as version_kind,
        ruleset_id as used_id,
        usage_date
    from facts.int_generations_classified
    where is_first_variant and usage_date > :as_of - 120
    union all
    select
        workspace_id,
        generation_type,
        'template' as version_kind,
        template_id as used_id,
        usage_date
    from facts.int_generations_classified
    where is_first_variant and usage_date > :as_of - 120
)

select
    sides.workspace_id,
    sides.generation_type,
    sides.version_kind,
    sides.version_id,
    sides.side,
    sides.attempts,
    count(attempts.usage_date) as found_attempts
from sides
left join attempts
    on
        sides.workspace_id = attempts.workspace_id
        and sides.generation_type = attempts.generation_type
        and sides.version_kind = attempts.version_kind
        and sides.used_id = attempts.used_id
        and sides.first_on <= attempts.usage_date
        and sides.last_on >= attempts.usage_date
group by
    sides.workspace_id,
    sides.generation_type,
    sides.version_kind,
    sides.version_id,
    sides.side,
    sides.attempts
having coalesce(sides.attempts <> count(attempts.usage_date), true)
