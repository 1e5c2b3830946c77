select
    cast(workspace_id as varchar) as workspace_id,
    cast(suggestion_rank as bigint) as suggestion_rank,
    cast(segment_kind as varchar) as segment_kind,
    cast(segment_id as varchar) as segment_id,
    cast(ruleset_id as varchar) as ruleset_id,
    cast(template_id as varchar) as template_id,
    cast(product_category as varchar) as product_category,
    cast(member_id as varchar) as member_id,
    cast(model as varchar) as model,
    cast(workflow as varchar) as workflow,
    cast(generation_type as varchar) as generation_type,
    cast(waste_reason as varchar) as waste_reason,
    cast(generation_count as bigint) as generation_count,
    cast(wasted_generation_count as bigint) as wasted_generation_count,
    cast(evidence_count as bigint) as evidence_count,
    cast(affected_count as bigint) as affected_count,
    cast(elsewhere_count as bigint) as elsewhere_count,
    cast(elsewhere_affected_count as bigint) as elsewhere_affected_count,
    cast(credits as decimal(38, 6)) as credits,
    cast(wasted_credits as decimal(38, 6)) as wasted_credits,
    least(cast(saving_low as decimal(38, 6)), cast(wasted_credits as decimal(38, 6)))
        as potential_saving_credits_low,
    least(cast(saving_mid as decimal(38, 6)), cast(wasted_credits as decimal(38, 6)))
        as potential_saving_credits_mid,
    least(cast(saving_high as decimal(38, 6)), cast(wasted_credits as decimal(38, 6)))
        as potential_saving_credits_high,
    cast(saving_days as decimal(18, 1)) as saving_days,
    cast(depletes_on_p50_if_saved as date) as depletes_on_p50_if_saved,
    cast(suggestion as varchar) as suggestion,
    cast(suggestion_parts as varchar) as suggestion_parts,
    cast(evidence_from as date) as evidence_from,
    cast(evidence_to as date) as evidence_to
from frame
