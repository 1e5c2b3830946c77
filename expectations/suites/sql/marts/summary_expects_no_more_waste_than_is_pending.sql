select
    workspace_id,
    period,
    pending_credits,
    expected_pending_waste_credits_low as low,
    expected_pending_waste_credits as expected,
    expected_pending_waste_credits_high as high
from marts.credit_summary
where
    not (
        expected_pending_waste_credits_low is null
        and expected_pending_waste_credits is null
        and expected_pending_waste_credits_high is null
        and pending_credits > 0
    )
    and coalesce(
        expected_pending_waste_credits_low < 0
        or expected_pending_waste_credits_low > expected_pending_waste_credits
        or expected_pending_waste_credits > expected_pending_waste_credits_high
        or expected_pending_waste_credits_high > pending_credits,
        true
    )
