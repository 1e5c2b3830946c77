select * from marts.credit_summary
where coalesce(
    used_credits
    + iterated_credits
    + wasted_credits
    + pending_credits
    + untracked_credits
    + refunded_credits
    <> credits_used,
    true
)
