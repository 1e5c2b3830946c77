select * from waste.version_changes
where
    regeneration_rate_difference_low is null
    or regeneration_rate_difference_high is null
    or (first_pass_quality_score_difference_low is null)
    <> (first_pass_quality_score_difference_high is null)
    or (
        first_pass_quality_score_difference is null
        and first_pass_quality_score_difference_low is not null
    )
    or regeneration_rate_difference_low > regeneration_rate_difference
    or regeneration_rate_difference_high < regeneration_rate_difference
    or regeneration_rate_difference_low < -1
    or regeneration_rate_difference_high > 1
    or regeneration_rate_difference_low >= regeneration_rate_difference_high
    or first_pass_quality_score_difference_low > first_pass_quality_score_difference
    or first_pass_quality_score_difference_high < first_pass_quality_score_difference
    or first_pass_quality_score_difference_low < -1
    or first_pass_quality_score_difference_high > 1
    or first_pass_quality_score_difference_low
    >= first_pass_quality_score_difference_high
