select * from waste.suggestions
where coalesce(
    waste_reason is null
    or affected_count < 0 or affected_count > evidence_count
    or elsewhere_affected_count < 0 or elsewhere_affected_count > elsewhere_count
    or wasted_generation_count < 0 or wasted_generation_count > generation_count
    or wasted_credits < 0 or wasted_credits > credits
    or (
        waste_reason <> 'excess_regeneration' and (
            evidence_count <> generation_count
            or affected_count > wasted_generation_count
        )
    ),
    true
)
