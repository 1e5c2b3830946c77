select
    cast(row_id as bigint) as row_id,
    cast(waste_probability as decimal(7, 6)) as waste_probability,
    model_used
from frame
