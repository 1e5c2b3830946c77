select
    cast(row_id as bigint) as row_id,
    cast(waste_probability as decimal(7, 6)) as waste_probability,
    cast(usage_date as date) as usage_date,
    model_used
from frame
