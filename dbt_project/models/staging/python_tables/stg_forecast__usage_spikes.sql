select * from {{ source('forecast', 'usage_spikes') }}
