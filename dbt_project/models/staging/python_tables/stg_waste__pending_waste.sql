select * from {{ source('waste', 'pending_waste') }}
