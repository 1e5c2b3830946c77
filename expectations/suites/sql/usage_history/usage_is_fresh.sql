with newest as (
    select
        max(newest_date) as newest_date,
        max(longest_gap) as longest_gap
    from ({silences}) as lately
)

select coalesce(cast(newest_date as string), 'no day at all') as newest_day
from newest
where
    newest_date is null
    or (newest_date < :as_of - 2 and coalesce(:as_of - newest_date > longest_gap, true))
