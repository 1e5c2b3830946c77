with attempts as (
    select
        workspace_id,
        generation_type,
        kinds.version_kind,
        case kinds.version_kind when 'ruleset' then ruleset_id else template_id end
            as version_id,
        usage_date,
        product_id,
        attempt_number,
        attempt_quality_parts
    from facts.int_generations_classified
    cross join
        (
            select 'ruleset' as version_kind
            union all
            select 'template' as version_kind
        ) as kinds
    where
        is_first_variant
        and usage_date >= (select min(from_on) as from_on from sides)
),

products as (
    select
        sides.change,
        sides.is_after,
        attempts.product_id,
        count(*) as attempts,
        count(*) filter (attempts.attempt_number >= 2) as regenerations,
        count(attempts.attempt_quality_parts)
        filter (attempts.attempt_number = 1) as scored,
        coalesce(
            -- the mean of an attempt's variants, to the whole step
            sum(
                cast(
                    divide(cast(attempts.attempt_quality_parts as hugeint), 232792560)
                    as hugeint
                )
            )
            filter (attempts.attempt_number = 1),
            0
        ) as quality_steps
    from sides
    inner join attempts
        on
            sides.workspace_id = attempts.workspace_id
            and sides.generation_type = attempts.generation_type
            and sides.version_kind = attempts.version_kind
            and sides.version_id = attempts.version_id
            and attempts.usage_date between sides.from_on and sides.to_on
    group by all
),

measured as (
    select
        *,
        divide(quality_steps, 100000000000) as quality
    from products
)

select
    change,
    is_after,
    count(*) as products,
    cast(sum(attempts) as bigint) as attempts,
    cast(sum(regenerations) as bigint) as regenerations,
    cast(sum(attempts * attempts) as double) as attempts_squared,
    cast(sum(attempts * regenerations) as double) as attempts_by_regenerations,
    cast(sum(regenerations * regenerations) as double) as regenerations_squared,
    count(*) filter (scored > 0) as scored_products,
    cast(sum(scored) as bigint) as scored,
    sum(quality_steps) as quality_steps,
    cast(sum(scored * scored) as double) as scored_squared,
    cast(sum(scored * quality) as double) as scored_by_quality,
    cast(sum(quality * quality) as double) as quality_squared
from measured
group by change, is_after
