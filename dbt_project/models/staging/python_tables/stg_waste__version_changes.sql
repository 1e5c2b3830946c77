select * from {{ source('waste', 'version_changes') }}
