select
    {ids},
    is_mature,
    count(*) as generation_count,
    sum(case when is_mature then 1 else 0 end) as mature_count,
    sum(case when waste_reason = 'failed_generation' then 1 else 0 end)
        as failed_generation_count,
    sum(case when waste_reason = 'rejected_content' and is_mature then 1 else 0 end)
        as rejected_content_count,
    sum(case when waste_reason = 'excess_regeneration' then 1 else 0 end)
        as excess_regeneration_count,
    sum(case when waste_reason = 'low_quality_draft' then 1 else 0 end)
        as low_quality_draft_count,
    sum(case when waste_reason = 'unused_content' and is_mature then 1 else 0 end)
        as unused_content_count,
    sum(case when waste_reason = 'unneeded_field' and is_mature then 1 else 0 end)
        as unneeded_field_count,
    sum(case when attempt_number = 1 and variant_number = 1 then 1 else 0 end)
        as episode_count,
    sum(
        case
            when
                attempt_number = 1
                and variant_number = 1
                and attempt_count >= {excess_attempts}
                then 1
            else 0
        end
    )
        as long_episode_count,
    sum(case when disposition = 'used' then 1 else 0 end) as used_count,
    sum(case when disposition = 'wasted' then 1 else 0 end) as wasted_generation_count,
    sum(credits) as credits,
    sum(case when disposition = 'wasted' then credits else 0 end) as wasted_credits,
    sum(case when waste_reason in ({early_reasons}) then credits else 0 end)
        as early_wasted_credits,
    sum(
        case when usage_date > date '{last_day}' - {saving_days} then credits else 0 end
    )
        as recent_credits
from (
    select
        *,
        usage_date <= date '{last_day}' - {maturity_days} as is_mature
    from facts.fct_generations
    where usage_date > date '{last_day}' - {days}
) as generations
where {condition}
group by {ids}, is_mature
