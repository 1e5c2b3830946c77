select
    workspace_id,
    pack_id,
    cast(cast(credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro,
    cast(price as decimal(38, 12)) as price,
    currency,
    validity_days
from staging.stg_credit_packs
where is_newest
