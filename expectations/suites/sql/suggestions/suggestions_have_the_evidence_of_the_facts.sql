with generations as (
    select
        *,
        case when disposition = 'wasted' then 1 else 0 end as wasted_count,
        case when disposition = 'wasted' then credits else 0 end as wasted_credits
    from facts.fct_generations
    where
        usage_date > :as_of - 90
        and workspace_id in (select workspace_id from waste.suggestions)
),

found as (
    select
        suggestions.workspace_id,
        suggestions.suggestion_rank,
        count(generations.workspace_id) as generation_count,
        coalesce(sum(generations.wasted_count), 0) as wasted_generation_count,
        coalesce(sum(generations.credits), 0) as credits,
        coalesce(sum(generations.wasted_credits), 0) as wasted_credits
    from waste.suggestions as suggestions
    left join generations
        on
            suggestions.workspace_id = generations.workspace_id
            and suggestions.evidence_from <= generations.usage_date
            and suggestions.evidence_to >= generations.usage_date
            and (
                suggestions.generation_type is null
                or suggestions.generation_type = generations.generation_type
            )
            and (
                suggestions.ruleset_id is null
                or suggestions.ruleset_id = generations.ruleset_id
            )
            and (
                suggestions.template_id is null
                or suggestions.template_id = generations.template_id
            )
            and (
                suggestions.product_category is null
                or suggestions.product_category = generations.product_category
            )
            and (
                suggestions.member_id is null
                or suggestions.member_id = generations.member_id
            )
            and (suggestions.model is null or suggestions.model = generations.model)
            and (
                suggestions.workflow is null
                or suggestions.workflow = generations.workflow
            )
    group by suggestions.workspace_id, suggestions.suggestion_rank
)

select
    suggestions.workspace_id,
    suggestions.suggestion_rank,
    suggestions.evidence_from,
    suggestions.generation_count,
    found.generation_count as found_generation_count,
    suggestions.wasted_generation_count,
    found.wasted_generation_count as found_wasted_generation_count,
    suggestions.credits,
    found.credits as found_credits,
    suggestions.wasted_credits,
    found.wasted_credits as found_wasted_credits
from waste.suggestions as suggestions
inner join found
    on
        suggestions.workspace_id = found.workspace_id
        and suggestions.suggestion_rank = found.suggestion_rank
where
    coalesce(
        suggestions.evidence_from <> :as_of - 89 or suggestions.evidence_to > :as_of,
        true
    )
    or coalesce(suggestions.generation_count <> found.generation_count, true)
    or coalesce(
        suggestions.wasted_generation_count <> found.wasted_generation_count, true
    )
    or coalesce(suggestions.credits <> found.credits, true)
    or coalesce(suggestions.wasted_credits <> found.wasted_credits, true)
