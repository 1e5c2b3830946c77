select
    workspace_id,
    version_id as ruleset_id,
    generation_type,
    previous_id as previous_ruleset_id,
    {{ version_change_measures() }}
from {{ ref('stg_waste__version_changes') }}
where version_kind = 'ruleset'
