select
    workspace_id,
    as_of,
    kind,
    error_days
from forecast.forecast_scores
where
    coalesce(
        as_of
        > :as_of
        - cast(case when kind = 'budget' then judged_after_days else 14 end as integer),
        true
    )
    or coalesce(error_days <> abs(p50_days - true_days), true)
    or coalesce(pace_error_days <> abs(pace_days - true_days), true)
    -- days of a budget are of mean use: there may be none, or more than days were left
    or coalesce(true_days < 0, true)
    or (kind <> 'budget' and (true_days < 1 or true_days > judged_after_days))
    or is_covered_80 is null or is_covered_95 is null
    or (is_covered_80 and not is_covered_95)
