select * from {{ source('journal', 'chargeback') }}
