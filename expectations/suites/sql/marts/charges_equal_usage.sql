select
    both_sides.workspace_id,
    sum(both_sides.charged) as charged,
    sum(both_sides.charged_unpriced) as charged_unpriced,
    sum(both_sides.used) as used,
    sum(both_sides.used_unpriced) as used_unpriced
from (
    select
        workspace_id,
        sum(credits) as charged,
        sum(unpriced_credits) as charged_unpriced,
        0 as used,
        0 as used_unpriced
    from marts.chargeback_monthly
    group by workspace_id
    union all
    select
        workspace_id,
        0 as charged,
        0 as charged_unpriced,
        sum(credits) as used,
        sum(unpriced_credits) as used_unpriced
    from usage_days
    group by workspace_id
) as both_sides
-- a run for an earlier day than one that booked corrects nothing
cross join (
    select coalesce(max(as_of) <= :as_of, true) as is_newest from journal.chargeback
) as journal
where journal.is_newest
group by both_sides.workspace_id
having
    sum(both_sides.charged) <> sum(both_sides.used)
    or sum(both_sides.charged_unpriced) <> sum(both_sides.used_unpriced)
