select
    cast(workspace_id as varchar) as workspace_id,
    cast(period as varchar) as period,
    cast(expected_credits as decimal(38, 6)) as expected_credits,
    cast(low_credits as decimal(38, 6)) as low_credits,
    cast(high_credits as decimal(38, 6)) as high_credits
from frame
