select
    workspace_id,
    generation_type,
    version_kind,
    version_id,
    previous_id,
    cast(changed_on as date) as changed_on,
    attempts_before,
    attempts_after,
    regenerations_before,
    regenerations_after,
    first_pass_scored_before,
    first_pass_scored_after,
    cast(
        cast(regeneration_rate_before_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as regeneration_rate_before,
    cast(
        cast(regeneration_rate_after_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as regeneration_rate_after,
    cast(
        cast(regeneration_rate_difference_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as regeneration_rate_difference,
    cast(
        cast(regeneration_rate_difference_low_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as regeneration_rate_difference_low,
    cast(
        cast(regeneration_rate_difference_high_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as regeneration_rate_difference_high,
    cast(
        cast(first_pass_quality_score_before_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as first_pass_quality_score_before,
    cast(
        cast(first_pass_quality_score_after_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as first_pass_quality_score_after,
    cast(
        cast(first_pass_quality_score_difference_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as first_pass_quality_score_difference,
    cast(
        cast(first_pass_quality_score_difference_low_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as first_pass_quality_score_difference_low,
    cast(
        cast(first_pass_quality_score_difference_high_micro as decimal(38, 0))
        * 0.000001 as decimal(38, 6)
    ) as first_pass_quality_score_difference_high
from frame
