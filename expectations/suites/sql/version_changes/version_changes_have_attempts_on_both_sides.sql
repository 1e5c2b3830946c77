select * from waste.version_changes
where
    coalesce(
        attempts_before <= 0
        or regenerations_before < 0
        or regenerations_before > attempts_before, true
    )
    or coalesce(
        attempts_before <= 0
        or first_pass_scored_before < 0
        or first_pass_scored_before > attempts_before,
        true
    )
    or coalesce(
        attempts_after <= 0
        or regenerations_after < 0
        or regenerations_after > attempts_after, true
    )
    or coalesce(
        attempts_after <= 0
        or first_pass_scored_after < 0
        or first_pass_scored_after > attempts_after,
        true
    )
