select
    scope as workspace_id,
    newest_date,
    day_count,
    longest_gap
from ({silences}) as lately
where
    day_count >= 10
    and newest_date < :as_of - 2
    and newest_date >= :as_of - 28
    and :as_of - newest_date > longest_gap
