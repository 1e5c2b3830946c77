select * from waste.suggestions
where coalesce(
    potential_saving_credits_low < 0
    or potential_saving_credits_low > potential_saving_credits_mid
    or potential_saving_credits_mid > potential_saving_credits_high
    or potential_saving_credits_high > wasted_credits,
    true
)
