select
    workspace_id,
    product_id,
    generation_type,
    product_category,
    ruleset_id,
    template_id,
    -- what names no member is no one's segment
    nullif(member_id, '(no member)') as member_id,
    model,
    workflow,
    is_mature,
    1 as generation_count,
    case when is_mature then 1 else 0 end as mature_count,
    case when waste_reason = 'failed_generation' then 1 else 0 end
        as failed_generation_count,
    case when waste_reason = 'rejected_content' and is_mature then 1 else 0 end
        as rejected_content_count,
    case when waste_reason = 'excess_regeneration' then 1 else 0 end
        as excess_regeneration_count,
    case when waste_reason = 'low_quality_draft' then 1 else 0 end
        as low_quality_draft_count,
    case when waste_reason = 'unused_content' and is_mature then 1 else 0 end
        as unused_content_count,
    case when waste_reason = 'unneeded_field' and is_mature then 1 else 0 end
        as unneeded_field_count,
    case when attempt_number = 1 and variant_number = 1 then 1 else 0 end
        as episode_count,
    case
        when
            attempt_number = 1
            and variant_number = 1
            and attempt_count >= {excess_attempts}
            then 1
        else 0
    end as long_episode_count,
    case when disposition = 'used' then 1 else 0 end as used_count,
    case when disposition = 'wasted' then 1 else 0 end as wasted_generation_count,
    credits,
    case when disposition = 'wasted' then credits else 0 end as wasted_credits,
    case when is_mature then credits else 0 end as mature_credits,
    case when is_mature and disposition = 'wasted' then credits else 0 end
        as mature_wasted_credits,
    case when waste_reason in ({early_reasons}) then credits else 0 end
        as early_wasted_credits,
    case when usage_date > date '{last_day}' - {saving_days} then credits else 0 end
        as recent_credits
from (
    select
        *,
        usage_date <= date '{last_day}' - {maturity_days} as is_mature
    from facts.fct_generations
    where usage_date > date '{last_day}' - {days}
) as generations
