select * from waste.version_changes
where
    coalesce(
        abs(regeneration_rate_before * attempts_before - regenerations_before) * 2000000
        > attempts_before,
        true
    )
    or coalesce(
        abs(regeneration_rate_after * attempts_after - regenerations_after) * 2000000
        > attempts_after,
        true
    )
    or (first_pass_quality_score_before is null) <> (first_pass_scored_before = 0)
    or (first_pass_quality_score_after is null) <> (first_pass_scored_after = 0)
    or regeneration_rate_difference
    is distinct from regeneration_rate_after - regeneration_rate_before
    or first_pass_quality_score_difference
    is distinct from first_pass_quality_score_after - first_pass_quality_score_before
