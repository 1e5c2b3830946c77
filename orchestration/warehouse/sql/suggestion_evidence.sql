with counted as (
    select * from ({generations})
    where workspace_id in (select workspace_id from segments)
),

scoped as (
    select
        segments.workspace_id,
        segments.suggestion_rank,
        case
            when segments.waste_reason = 'excess_regeneration'
                then counted.episode_count
            else counted.generation_count
        end as evidence_count,
        case segments.waste_reason
            when 'excess_regeneration' then counted.long_episode_count
            when 'failed_generation' then counted.failed_generation_count
            when 'rejected_content' then counted.rejected_content_count
            when 'low_quality_draft' then counted.low_quality_draft_count
            when 'unused_content' then counted.unused_content_count
            when 'unneeded_field' then counted.unneeded_field_count
        end as affected_count,
        counted.generation_count,
        counted.wasted_generation_count,
        counted.credits,
        counted.wasted_credits,
        coalesce(segments.ruleset_id = counted.ruleset_id, segments.ruleset_id is null)
        and coalesce(
            segments.template_id = counted.template_id, segments.template_id is null
        )
        and coalesce(
            segments.product_category = counted.product_category,
            segments.product_category is null
        )
        and coalesce(
            segments.member_id = counted.member_id, segments.member_id is null
        )
        and coalesce(segments.model = counted.model, segments.model is null)
        and coalesce(
            segments.workflow = counted.workflow, segments.workflow is null
        ) as is_of
    from segments
    inner join counted
        on
            segments.workspace_id = counted.workspace_id
            and coalesce(
                segments.generation_type = counted.generation_type,
                segments.generation_type is null
            )
    where counted.is_mature or segments.waste_reason in ({early_reasons})
)

select
    workspace_id,
    suggestion_rank,
    cast(sum(case when is_of then generation_count else 0 end) as bigint)
        as generation_count,
    cast(sum(case when is_of then wasted_generation_count else 0 end) as bigint)
        as wasted_generation_count,
    cast(sum(case when is_of then credits else 0 end) as decimal(38, 6)) as credits,
    cast(sum(case when is_of then wasted_credits else 0 end) as decimal(38, 6))
        as wasted_credits,
    cast(sum(case when is_of then evidence_count else 0 end) as bigint)
        as evidence_count,
    cast(sum(case when is_of then affected_count else 0 end) as bigint)
        as affected_count,
    cast(sum(case when is_of then 0 else evidence_count end) as bigint)
        as elsewhere_count,
    cast(sum(case when is_of then 0 else affected_count end) as bigint)
        as elsewhere_affected_count
from scoped
group by workspace_id, suggestion_rank
