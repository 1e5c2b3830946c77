select * from {{ source('journal', 'check_results') }}
