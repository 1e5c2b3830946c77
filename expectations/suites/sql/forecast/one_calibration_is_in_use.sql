select sum(case when promoted then 1 else 0 end) as promoted_count
from forecast.models
where model = 'depletion_range'
having
    coalesce(sum(case when promoted then 1 else 0 end), 0) <> 1
    and (select count(*) as row_count from forecast.credit_depletion) > 0
